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


class Leg:
    """A position with its market; `mark` is None when there is none."""

    def __init__(self, position, markets, marks):
        self.given = position
        self.id = position['market']
        self.market = markets[self.id]
        self.size = Fraction(position['size']) * Fraction(self.market['contractSize'])
        self.entry = Fraction(position['entry'])
        self.side = 'long' if self.size > 0 else 'short'
        self.mark = Fraction(marks[self.id]) if self.id in marks else None
        rule = self.market['maintenance']
        self.on_entry = rule['basis'] == 'entry'
        self.fee = Fraction(rule['closeFee'])
        self.tiers = [(Fraction(tier['floor']), Fraction(tier['rate'])) for tier in rule['tiers']]
        self.is_step = rule['method'] == 'step'

    def pnl(self, price):
        return self.size * (price - self.entry)

    def requirement(self, price):
        notional = abs(self.size * (self.entry if self.on_entry else price))
        if self.is_step:
            total = notional * [rate for start, rate in self.tiers if start <= notional][-1]
        else:
            ends = [start for start, _ in self.tiers[1:]] + [None]
            total = Fraction(0)
            for (start, rate), end in zip(self.tiers, ends):
                if notional > start:
                    total += rate * ((notional if end is None else min(notional, end)) - start)
        return total + notional * self.fee


class Portfolio:
    def __init__(self, name, mode, cash, legs, rule):
        self.name, self.mode, self.cash, self.rule = name, mode, cash, rule
        self.legs = sorted(legs, key=lambda leg: (leg.id, leg.side))
        self.missing = sorted({leg.id for leg in legs if leg.mark is None})
        if not self.missing:
            self.equity, self.maintenance = self.at()
            self.liquidatable = self.triggers(self.equity, self.maintenance)

    def at(self, market=None, price=None):
        """Equity and maintenance with one market's mark moved."""
        equity, maintenance = self.cash, Fraction(0)
        for leg in self.legs:
            mark = price if leg.id == market else leg.mark
            equity += leg.pnl(mark)
            maintenance += leg.requirement(mark)
        return equity, maintenance

    def triggers(self, equity, maintenance):
        if maintenance <= 0:
            return False
        return equity <= maintenance if self.rule == 'equity<=maintenance' else equity < maintenance

    def pieces(self, market, mark, allow_non_positive):
        """Ends of the pieces of the price axis on which slack and maintenance are linear and keep their signs; the mark is one."""
        cuts = {mark, Fraction(0)}
        for leg in self.legs:
            if leg.id == market and not leg.on_entry:
                for start, _ in leg.tiers:
                    cuts |= {start / abs(leg.size), -start / abs(leg.size)}
        ordered = sorted(cuts)
        for low, high in zip([None] + ordered, ordered + [None]):
            x, y = inside(low, high)
            for pick in (lambda e, m: e - m, lambda e, m: m):
                at_x, at_y = pick(*self.at(market, x)), pick(*self.at(market, y))
                if at_x != at_y:
                    root = x - at_x * (y - x) / (at_y - at_x)
                    if (low is None or low < root) and (high is None or root < high):
                        cuts.add(root)
        return sorted(cut for cut in cuts if allow_non_positive or cut >= 0)

    def boundary(self, leg, cuts, up):
        """The first end of a piece, from the mark outwards, beyond which the trigger is not what it is now."""
        allow = leg.market.get('allowNonPositive', False)
        ends = [cut for cut in cuts if cut >= leg.mark] if up else [cut for cut in reversed(cuts) if cut <= leg.mark]
        for near, far in zip(ends, ends[1:] + [None]):
            if far is None and not up and not allow:
                return None
            low, high = (near, far) if up else (far, near)
            if self.triggers(*self.at(leg.id, inside(low, high)[0])) != self.liquidatable:
                return near
        return None

    def rise(self, leg, cuts, up):
        """By how much slack changes with a rise of the price by one, just above or just below the mark."""
        beyond = [cut for cut in cuts if (cut > leg.mark if up else cut < leg.mark)]
        far = (beyond[0] if up else beyond[-1]) if beyond else None
        x, y = inside(leg.mark, far) if up else inside(far, leg.mark)
        slack = [equity - maintenance for equity, maintenance in (self.at(leg.id, x), self.at(leg.id, y))]
        return (slack[1] - slack[0]) / (y - x)

    def boundaries(self, leg):
        """In the direction in which slack falls (of two, the steeper, then down; of none, the one that hurts the leg), and the other."""
        cuts = self.pieces(leg.id, leg.mark, leg.market.get('allowNonPositive', False))
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


def explained_leg(portfolio, leg, decimals):
    row = {
        'market': leg.id,
        'side': leg.side,
        'size': canonical(leg.given['size']),
        'entry': canonical(leg.given['entry']),
        'mark': None,
        'notional': None,
        'unrealizedPnl': None,
        'maintenance': None,
        'liquidationPrice': None,
        'liquidationPriceOther': None,
        'bankruptcyPrice': None,
    }
    if leg.mark is not None:
        row['mark'] = canonical(leg.market['mark'])
    if portfolio.missing:
        return row
    maintenance = leg.requirement(leg.mark)
    prices = list(portfolio.boundaries(leg))
    whole = portfolio.maintenance
    # Loss from the mark to the bankruptcy price = the position's share of equity.
    prices.append(leg.mark - portfolio.equity * maintenance / whole / leg.size if whole else None)
    places = max(8, decimals_of(leg.market['tick']) + 4)
    texts = [None if price is None else printed(price, places, 'nearest') for price in prices]
    row['notional'] = printed(abs(leg.size * leg.mark), decimals, 'nearest')
    row['unrealizedPnl'] = printed(leg.pnl(leg.mark), decimals, 'down')
    row['maintenance'] = printed(maintenance, decimals, 'up')
    row['liquidationPrice'], row['liquidationPriceOther'], row['bankruptcyPrice'] = texts
    return row


def explained(portfolio, decimals):
    unknown = {'equity': None, 'maintenance': None, 'deficit': None, 'badDebt': None, 'marginRatio': None}
    unpriced = bool(portfolio.missing)
    return {
        'portfolio': portfolio.name,
        'mode': portfolio.mode,
        **(unknown if unpriced else figures(portfolio, decimals)),
        'liquidatable': not unpriced and portfolio.liquidatable,
        'unpriced': unpriced,
        'positions': [explained_leg(portfolio, leg, decimals) for leg in portfolio.legs],
    }


def portfolios_of(account, book, marks, valuation):
    rule = book.get('rules', {}).get('liquidateWhen', 'equity<maintenance')
    legs = [Leg(position, book['markets'], marks) for position in account['positions']]
    cross = [leg for leg in legs if leg.given.get('margin', 'cross') == 'cross']
    balance = Fraction(account['balances'].get(valuation, '0'))
    found = [Portfolio(account['id'], 'cross', balance, cross, rule)] if cross or balance else []
    alone = []
    for leg in legs:
        if leg.given.get('margin') == 'isolated':
            hedge = f':{leg.side}' if account.get('positionMode') == 'hedge' else ''
            collateral = Fraction(leg.given['collateral'])
            alone.append(Portfolio(f"{account['id']}/{leg.id}{hedge}", 'isolated', collateral, [leg], rule))
    return found + sorted(alone, key=lambda portfolio: portfolio.name)


def work_out(book, marks):
    valuation = book.get('valuation') or next(iter(book['assets']))
    decimals = book['assets'][valuation]['decimals']
    for market, mark in marks.items():
        if market in book['markets']:
            book['markets'][market]['mark'] = mark
    accounts = {account['id']: portfolios_of(account, book, marks, valuation) for account in book['accounts']}
    every = [portfolio for portfolios in accounts.values() for portfolio in portfolios]
    priced = [portfolio for portfolio in every if not portfolio.missing]
    breached = [portfolio for portfolio in priced if portfolio.liquidatable]
    insolvent = [portfolio for portfolio in priced if portfolio.maintenance == 0 and portfolio.equity < 0]

    def ranked(portfolios):
        return sorted(portfolios, key=lambda portfolio: (portfolio.equity - portfolio.maintenance, portfolio.name))

    scan = {
        'version': 1,
        'accounts': len(book['accounts']),
        'positions': sum(len(account['positions']) for account in book['accounts']),
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
        account: {'version': 1, 'account': account, 'portfolios': [explained(portfolio, decimals) for portfolio in portfolios]}
        for account, portfolios in accounts.items()
    }
    return {'scan': scan, 'explain': explain}


for book_path, marks_path in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(book_path) as book_file, open(marks_path) as marks_file:
        print(json.dumps(work_out(json.load(book_file), json.load(marks_file)['marks']), separators=(',', ':')))
