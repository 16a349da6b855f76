"""What `scan --json` and `explain --json` must print, worked out apart from plimsoll: fractions, and nothing but the contract.

Arguments: pairs of a book and a marks file (JSON). Prints one JSON object a pair: {"scan": ..., "explain": {account: ...}}.
Shares no formula with the TypeScript: a bracket's requirement is added up tier by tier, without deductions, and a liquidation price
is found by cutting the price axis wherever anything can change and looking at every piece.
"""
import json
import sys
from fractions import Fraction
from math import ceil, floor


def printed(value, decimals, rounding):
    units = {'down': floor, 'up': ceil, 'nearest': round}[rounding](value * 10**decimals)
    return from_units(units, decimals)


def from_units(units, decimals):
    digits = str(abs(units)).rjust(decimals + 1, '0')
    text = digits if decimals == 0 else digits[:-decimals] + '.' + digits[-decimals:]
    return '-' + text if units < 0 else text


def canonical(text):
    return text.rstrip('0').rstrip('.') if '.' in text else text


def decimals_of(text):
    short = canonical(text)
    return len(short.split('.')[1]) if '.' in short else 0


class Table:
    """Tiers: the part of an amount within a tier at its rate, or (`step`) the whole at the rate of its tier."""

    def __init__(self, given):
        self.tiers = [(Fraction(tier['floor']), rate_of(tier)) for tier in given['tiers']]
        self.is_step = given['method'] == 'step'
        self.floors = [start for start, _ in self.tiers]

    def of(self, amount):
        if self.is_step:
            return amount * [rate for start, rate in self.tiers if start <= amount][-1]
        return parts(self.tiers, amount)


def rate_of(tier):
    return Fraction(tier['rate']) if 'rate' in tier else 1 / Fraction(tier['maxLeverage'])


def parts(tiers, amount):
    """Each part of an amount within its tier, times that tier's share."""
    ends = [start for start, _ in tiers[1:]] + [None]
    total = Fraction(0)
    for (start, share), end in zip(tiers, ends):
        if amount > start:
            total += share * ((amount if end is None else min(amount, end)) - start)
    return total


class Asset:
    def __init__(self, name, given, index):
        self.name, self.decimals = name, given['decimals']
        self.index_text = index
        self.index = None if index is None else Fraction(index)
        haircut = given.get('haircut', '0')
        bands = [{'floor': '0', 'haircut': haircut}] if isinstance(haircut, str) else haircut
        self.bands = [(Fraction(band['floor']), 1 - Fraction(band['haircut'])) for band in bands]
        self.borrow = Table(given['borrow']) if 'borrow' in given else None
        self.bends = [start for start, _ in self.bands] + [-start for start in (self.borrow.floors if self.borrow else [])]

    def counted(self, equity):
        return self.index * (equity if equity <= 0 else parts(self.bands, equity))

    def owed_maintenance(self, equity):
        return self.index * self.borrow.of(-equity) if self.borrow and equity < 0 else Fraction(0)


class Leg:
    """A position, or an order at its limit price, with its market; `mark` is None when there is none."""

    def __init__(self, given, book, marks):
        self.given = given
        self.id = given['market']
        self.market = book.markets[self.id]
        self.lots = Fraction(given['size']) * (-1 if given.get('side') == 'sell' else 1)
        self.size = self.lots * Fraction(self.market['contractSize'])
        self.entry = Fraction(given.get('entry', given.get('price')))
        self.side = 'long' if self.size > 0 else 'short'
        self.is_inverse = self.market['kind'] == 'inverse'
        self.settle = self.market['settle']
        self.decimals = book.assets[self.settle].decimals
        self.mark = Fraction(marks['marks'][self.id]) if self.id in marks['marks'] else None
        self.mark_text = marks['marks'].get(self.id)
        grown = Fraction(marks.get('funding', {}).get(self.id, '0')) - Fraction(given.get('fundingIndex', '0'))
        self.funding = -self.size * grown
        rule = self.market['maintenance']
        self.on_entry = rule['basis'] == 'entry'
        self.fee = Fraction(rule['closeFee'])
        self.table = Table(rule)
        self.initial_table = Table(self.market['initial']) if 'initial' in self.market else None
        self.taker = Fraction(self.market.get('takerFee', '0'))
        self.leverage = Fraction(given['leverage']) if 'leverage' in given else None
        self.is_waived = False

    def value(self, price):
        return -self.size / price if self.is_inverse else self.size * price

    def worth(self, price):
        """Of one unit of size · contract size: what equity is linear in."""
        return -1 / price if self.is_inverse else price

    def price(self, worth):
        return -1 / worth if self.is_inverse else worth

    def exists(self, worth):
        """Whether a price of the market makes a unit worth it."""
        return worth < 0 if self.is_inverse else worth > 0 or self.market.get('allowNonPositive', False)

    def pnl(self, price):
        return self.value(price) - self.value(self.entry)

    def basis(self, price):
        return abs(self.value(self.entry if self.on_entry else price))

    def of(self, amount):
        return self.table.of(amount) + amount * self.fee

    def requirement(self, price):
        return Fraction(0) if self.is_waived else self.of(self.basis(price))

    def initial_of(self, amount, leverage):
        least = self.initial_table.of(amount) if self.initial_table else self.of(amount)
        return least if leverage is None else max(least, amount / leverage)

    def initial(self, price):
        return Fraction(0) if self.is_waived else self.initial_of(self.basis(price), self.leverage)


class Order(Leg):
    def __init__(self, given, book, marks, legs):
        super().__init__(given, book, marks)
        # The leverage of its own side, or else of the other.
        sides = sorted((leg for leg in legs if leg.id == self.id), key=lambda leg: leg.side != self.side)
        own = [leg.leverage for leg in sides if leg.leverage is not None]
        self.notional = abs(self.value(self.entry))
        self.holds = Fraction(0) if given.get('reduceOnly') else self.initial_of(self.notional, own[0] if own else None)
        counts = book.rules.get('orderMargin') == 'maintenance' and not given.get('reduceOnly')
        self.needs = self.of(self.notional) if counts else Fraction(0)


class Portfolio:
    def __init__(self, name, mode, balances, legs, orders, book):
        self.name, self.mode, self.book = name, mode, book
        self.rule = book.rules.get('liquidateWhen', 'equity<maintenance')
        self.balances = {asset: amount for asset, amount in balances.items() if amount}
        self.legs = sorted(legs, key=lambda leg: (leg.id, leg.side))
        self.orders = orders
        used = set(self.balances) | {leg.settle for leg in legs + orders}
        self.assets = [asset for asset in book.assets.values() if asset.name in used]
        unmarked = {leg.id for leg in legs if leg.mark is None}
        self.missing = sorted(unmarked | {asset.name for asset in self.assets if asset.index is None})
        if book.rules.get('hedgeMargin') == 'larger':
            self.waive()
        if not self.missing:
            self.equity, self.maintenance = self.at()
            self.liquidatable = self.triggers(self.equity, self.maintenance)

    def waive(self):
        for long in self.legs:
            for short in self.legs:
                if long.id == short.id and long.size > 0 > short.size:
                    size = (lambda leg: leg.basis(None)) if long.on_entry else (lambda leg: abs(leg.size))
                    (long if size(short) > size(long) else short).is_waived = True

    def equity_in(self, asset, market=None, price=None):
        total = self.balances.get(asset.name, Fraction(0))
        for leg in self.legs:
            if leg.settle == asset.name:
                total += leg.pnl(price if leg.id == market else leg.mark) + leg.funding
        return total

    def at(self, market=None, price=None):
        """Equity and maintenance with one market's mark moved."""
        equity, maintenance = Fraction(0), Fraction(0)
        for asset in self.assets:
            own = self.equity_in(asset, market, price)
            equity += asset.counted(own)
            maintenance += asset.owed_maintenance(own)
            for leg in self.legs:
                if leg.settle == asset.name:
                    maintenance += asset.index * leg.requirement(price if leg.id == market else leg.mark)
            maintenance += sum(asset.index * order.needs for order in self.orders if order.settle == asset.name)
        return equity, maintenance

    def triggers(self, equity, maintenance):
        if maintenance <= 0:
            return False
        return equity <= maintenance if self.rule == 'equity<=maintenance' else equity < maintenance

    def pieces(self, leg):
        """
        Ends of the pieces on which slack and maintenance are linear and keep their signs, by the worth of a unit (the price, or
        −1/price); the mark is one.
        """
        at = lambda worth: self.at(leg.id, leg.price(worth))
        now = leg.worth(leg.mark)
        cuts = {now, Fraction(0)}
        for each in self.legs:
            if each.id == leg.id and not each.on_entry:
                for start in each.table.floors:
                    cuts |= {start / abs(each.size), -start / abs(each.size)}
        asset = self.book.assets[leg.settle]
        total = sum(each.size for each in self.legs if each.id == leg.id)
        if total:
            cuts |= {now + (bend - self.equity_in(asset)) / total for bend in asset.bends}
        ordered = sorted(cut for cut in cuts if leg.exists(cut) or cut == 0)
        ends = [None] * leg.exists(ordered[0] - 1) + ordered + [None] * leg.exists(ordered[-1] + 1)
        for low, high in zip(ends, ends[1:]):
            x, y = inside(low, high)
            for pick in (lambda e, m: e - m, lambda e, m: m):
                at_x, at_y = pick(*at(x)), pick(*at(y))
                if at_x != at_y:
                    root = x - at_x * (y - x) / (at_y - at_x)
                    if (low is None or low < root) and (high is None or root < high):
                        cuts.add(root)
        return sorted(cut for cut in cuts if leg.exists(cut) or cut == 0)

    def boundary(self, leg, cuts, up):
        """The first end of a piece, from the mark outwards, beyond which the trigger is not what it is now."""
        now = leg.worth(leg.mark)
        ends = [cut for cut in cuts if cut >= now] if up else [cut for cut in reversed(cuts) if cut <= now]
        stops_at_zero = leg.is_inverse if up else not leg.is_inverse and not leg.market.get('allowNonPositive', False)
        for near, far in zip(ends, ends[1:] + [None]):
            if far is None and stops_at_zero:
                return None
            low, high = (near, far) if up else (far, near)
            if self.triggers(*self.at(leg.id, leg.price(inside(low, high)[0]))) != self.liquidatable:
                return leg.price(near)
        return None

    def rise(self, leg, cuts, up):
        """By how much slack changes with a rise of the worth by one, just above or just below the mark."""
        now = leg.worth(leg.mark)
        beyond = [cut for cut in cuts if (cut > now if up else cut < now)]
        far = (beyond[0] if up else beyond[-1]) if beyond else None
        x, y = inside(now, far) if up else inside(far, now)
        slack = [equity - maintenance for equity, maintenance in (self.at(leg.id, leg.price(each)) for each in (x, y))]
        return (slack[1] - slack[0]) / (y - x)

    def boundaries(self, leg):
        """In the direction in which slack falls (of two, the steeper, then down; of none, the one that hurts the leg), and the other."""
        cuts = self.pieces(leg)
        below, above = self.rise(leg, cuts, False), self.rise(leg, cuts, True)
        if below > 0 and above < 0:
            loses_up = -above > below
        elif below > 0 or above < 0:
            loses_up = above < 0
        else:
            loses_up = leg.side == 'short'
        # When it is liquidatable already, the first is where it recovers.
        first_up = loses_up != self.liquidatable
        return self.boundary(leg, cuts, first_up), self.boundary(leg, cuts, not first_up)

    def loss_to_zero(self):
        """The greatest loss, borne by the legs in the proportion of their requirements, that leaves an equity of zero; None without."""
        needs = {asset: asset.index * sum(leg.requirement(leg.mark) for leg in self.legs if leg.settle == asset.name) for asset in self.assets}
        bearing = [asset for asset in self.assets if needs[asset]]
        if not bearing:
            return None
        loss_in = {asset: needs[asset] / self.maintenance / asset.index for asset in self.assets}
        left = lambda loss: sum(asset.counted(self.equity_in(asset) - loss * loss_in[asset]) for asset in self.assets)
        cuts = sorted({(self.equity_in(asset) - start) / loss_in[asset] for asset in bearing for start, _ in asset.bands})
        # Nothing is left for ever beyond the last cut but what grows less, so the last piece that is not below zero at its start has it.
        for low, high in reversed(list(zip([None] + cuts, cuts + [None]))):
            x, y = inside(low, high)
            at_x, at_y = left(x), left(y)
            if at_x != at_y:
                root = x - at_x * (y - x) / (at_y - at_x)
                if (low is None or low <= root) and (high is None or root <= high):
                    return root
        return None

    def bankruptcy(self, leg, loss, fee):
        if loss is None:
            return None
        own = loss * leg.requirement(leg.mark) / self.maintenance
        value = leg.value(leg.mark) - own
        # What closing brings, fee taken from it: value = brought − fee·|brought|.
        brought = value / (1 - fee) if value >= 0 else value / (1 + fee)
        worth = brought / leg.size
        return leg.price(worth) if leg.exists(worth) else None


def inside(low, high):
    """Two points within an open interval; None is infinity."""
    if low is None:
        return high - 2, high - 1
    if high is None:
        return low + 1, low + 2
    return low + (high - low) / 3, low + (high - low) * 2 / 3


def figures(portfolio, decimals):
    equity = floor(portfolio.equity * 10**decimals)
    maintenance = ceil(portfolio.maintenance * 10**decimals)
    ratio = printed(portfolio.equity / portfolio.maintenance, 6, 'down') if portfolio.maintenance else None
    return {
        'equity': from_units(equity, decimals),
        'maintenance': from_units(maintenance, decimals),
        'deficit': from_units(maintenance - equity if portfolio.liquidatable else 0, decimals),
        'badDebt': from_units(max(0, -equity), decimals),
        'marginRatio': ratio,
    }


def explained_leg(portfolio, leg, loss):
    decimals = leg.decimals
    places = max(8, decimals_of(leg.market['tick']) + 4)
    row = {
        'market': leg.id,
        'side': leg.side,
        'size': canonical(leg.given['size']),
        'entry': canonical(leg.given['entry']),
        'mark': None if leg.mark is None else canonical(leg.mark_text),
        'kind': leg.market['kind'],
        'settle': leg.settle,
        'leverage': canonical(leg.given['leverage']) if 'leverage' in leg.given else None,
    }
    names = ['notional', 'unrealizedPnl', 'maintenance', 'liquidationPrice', 'liquidationPriceOther', 'bankruptcyPrice']
    names += ['bankruptcyPriceAfterFee', 'funding', 'initialMargin', 'marginWaived']
    if portfolio.missing:
        return {**row, **{name: None for name in names}}
    prices = [*portfolio.boundaries(leg), portfolio.bankruptcy(leg, loss, 0), portfolio.bankruptcy(leg, loss, leg.taker)]
    values = [
        printed(abs(leg.value(leg.mark)), decimals, 'nearest'),
        printed(leg.pnl(leg.mark), decimals, 'down'),
        printed(leg.requirement(leg.mark), decimals, 'up'),
        *[None if price is None else printed(price, places, 'nearest') for price in prices],
        printed(leg.funding, decimals, 'down'),
        printed(leg.initial(leg.mark), decimals, 'up'),
        leg.is_waived,
    ]
    return {**row, **dict(zip(names, values))}


def explained_order(portfolio, order):
    margin = {'notional': None, 'initialMargin': None, 'maintenance': None}
    if not portfolio.missing:
        margin = {
            'notional': printed(order.notional, order.decimals, 'nearest'),
            'initialMargin': printed(order.holds, order.decimals, 'up'),
            'maintenance': printed(order.needs, order.decimals, 'up'),
        }
    return {
        'market': order.id,
        'side': order.given['side'],
        'size': canonical(order.given['size']),
        'price': canonical(order.given['price']),
        'reduceOnly': order.given.get('reduceOnly', False),
        'settle': order.settle,
        **margin,
    }


def explained_asset(portfolio, asset, decimals):
    equity = portfolio.equity_in(asset)
    legs = [leg for leg in portfolio.legs if leg.settle == asset.name]
    return {
        'asset': asset.name,
        'index': canonical(asset.index_text),
        'balance': printed(portfolio.balances.get(asset.name, Fraction(0)), asset.decimals, 'down'),
        'unrealizedPnl': printed(sum(leg.pnl(leg.mark) for leg in legs), asset.decimals, 'down'),
        'funding': printed(sum(leg.funding for leg in legs), asset.decimals, 'down'),
        'equity': printed(equity, asset.decimals, 'down'),
        'counted': printed(asset.counted(equity), decimals, 'down'),
        'haircut': printed(equity * asset.index - asset.counted(equity), decimals, 'up'),
        'borrowed': printed(max(Fraction(0), -equity), asset.decimals, 'up'),
        'borrowMaintenance': printed(asset.owed_maintenance(equity), decimals, 'up'),
    }


def initial_figures(portfolio, decimals):
    index = {asset.name: asset.index for asset in portfolio.assets}
    own = sum(index[leg.settle] * leg.initial(leg.mark) for leg in portfolio.legs)
    own += sum(asset.owed_maintenance(portfolio.equity_in(asset)) for asset in portfolio.assets)
    held = sum(index[order.settle] * order.holds for order in portfolio.orders)
    return {
        'initialMargin': printed(own, decimals, 'up'),
        'orderMargin': printed(held, decimals, 'up'),
        'freeCollateral': printed(portfolio.equity - own - held, decimals, 'down'),
    }


def explained(portfolio, decimals):
    names = ['equity', 'maintenance', 'deficit', 'badDebt', 'marginRatio', 'initialMargin', 'orderMargin', 'freeCollateral']
    unpriced = bool(portfolio.missing)
    known = {} if unpriced else {**figures(portfolio, decimals), **initial_figures(portfolio, decimals)}
    loss = None if unpriced else portfolio.loss_to_zero()
    return {
        'portfolio': portfolio.name,
        'mode': portfolio.mode,
        **(known or {name: None for name in names}),
        'liquidatable': not unpriced and portfolio.liquidatable,
        'unpriced': unpriced,
        'missing': portfolio.missing,
        'assets': [] if unpriced else [explained_asset(portfolio, asset, decimals) for asset in portfolio.assets],
        'positions': [explained_leg(portfolio, leg, loss) for leg in portfolio.legs],
        'orders': [explained_order(portfolio, order) for order in portfolio.orders],
    }


class Book:
    def __init__(self, given, marks):
        self.rules = given.get('rules', {})
        self.valuation = given.get('valuation') or next(iter(given['assets']))
        self.markets = given['markets']
        indexes = {**marks.get('indexes', {}), self.valuation: '1'}
        self.assets = {name: Asset(name, asset, indexes.get(name)) for name, asset in given['assets'].items()}
        self.decimals = self.assets[self.valuation].decimals


def collateral_of(leg):
    """As given, with what was added to it; or the initial margin by the leverage at entry, rounded up."""
    given = leg.given
    own = given.get('collateral') or printed(abs(leg.value(leg.entry)) / Fraction(given['leverage']), leg.decimals, 'up')
    return Fraction(own) + Fraction(given.get('extraMargin', '0'))


def portfolios_of(account, book, marks):
    legs = [Leg(position, book, marks) for position in account['positions']]
    cross = [leg for leg in legs if leg.given.get('margin', 'cross') == 'cross']
    orders = [Order(order, book, marks, cross) for order in account.get('orders', [])]
    balances = {asset: Fraction(amount) for asset, amount in account['balances'].items()}
    exists = cross or orders or any(balances.values())
    found = [Portfolio(account['id'], 'cross', balances, cross, orders, book)] if exists else []
    alone = []
    for leg in legs:
        if leg.given.get('margin') == 'isolated':
            hedge = f':{leg.side}' if account.get('positionMode') == 'hedge' else ''
            balances = {leg.settle: collateral_of(leg)}
            alone.append(Portfolio(f"{account['id']}/{leg.id}{hedge}", 'isolated', balances, [leg], [], book))
    return found + sorted(alone, key=lambda portfolio: portfolio.name)


def work_out(given, marks):
    book = Book(given, marks)
    decimals = book.decimals
    accounts = {account['id']: portfolios_of(account, book, marks) for account in given['accounts']}
    every = [portfolio for portfolios in accounts.values() for portfolio in portfolios]
    priced = [portfolio for portfolio in every if not portfolio.missing]
    breached = [portfolio for portfolio in priced if portfolio.liquidatable]
    insolvent = [portfolio for portfolio in priced if portfolio.maintenance == 0 and portfolio.equity < 0]

    def ranked(portfolios):
        return sorted(portfolios, key=lambda portfolio: (portfolio.equity - portfolio.maintenance, portfolio.name))

    scan = {
        'version': 1,
        'accounts': len(given['accounts']),
        'positions': sum(len(account['positions']) for account in given['accounts']),
        'portfolios': len(every),
        'backend': 'js',
        'unpriced': [
            {'portfolio': portfolio.name, 'missing': portfolio.missing}
            for portfolio in sorted(every, key=lambda portfolio: portfolio.name)
            if portfolio.missing
        ],
        'insolvent': [
            {'portfolio': portfolio.name, **{key: figures(portfolio, decimals)[key] for key in ('equity', 'badDebt')}}
            for portfolio in ranked(insolvent)
        ],
        'liquidatable': [
            {'portfolio': portfolio.name, 'mode': portfolio.mode, **figures(portfolio, decimals)} for portfolio in ranked(breached)
        ],
    }
    explain = {
        account: {
            'version': 1,
            'account': account,
            'valuation': book.valuation,
            'portfolios': [explained(portfolio, decimals) for portfolio in portfolios],
        }
        for account, portfolios in accounts.items()
    }
    return {'scan': scan, 'explain': explain}


for book_path, marks_path in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(book_path) as book_file, open(marks_path) as marks_file:
        print(json.dumps(work_out(json.load(book_file), json.load(marks_file)), separators=(',', ':')))
