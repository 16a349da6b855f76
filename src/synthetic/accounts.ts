/** Owns how one made-up account with the valuation asset alone is drawn at given prices; the distributions are told in book.ts. Knows no book and no time. */
import { type Decimal, pow10 } from '../model/decimal.js';
import type { Instruments } from '../model/instruments.js';
import { type Account, type Cash, EXACT_DECIMALS, type IsolatedPosition, type Position } from '../model/portfolio.js';
import { openRows, roundedUp } from './opening.js';
import type { Random } from './random.js';
import { type Row, RowDrawer } from './rows.js';

const CROSS_LEVERAGE_LEAST = 1;
const ISOLATED_LEVERAGE_LEAST = 3;
const LEVERAGE_TAIL = 1;

export function drawLeverage(margin: 'cross' | 'isolated', random: Random): number {
  return random.pareto(margin === 'cross' ? CROSS_LEVERAGE_LEAST : ISOLATED_LEVERAGE_LEAST, LEVERAGE_TAIL);
}

/**
 * Draws accounts, one a call, from one stream of random numbers: with positions in the markets that are linear and settle in the valuation
 * asset. Every one of those needs a price before the first.
 */
export class AccountMaker {
  private readonly random: Random;
  private readonly drawer: RowDrawer;
  private readonly amountScale: number;
  private readonly amountUnits: bigint;

  constructor({ markets, valuation: { index, decimals } }: Instruments, random: Random) {
    const plain = markets.filter(({ kind, settleAsset }) => kind === 'linear' && settleAsset === index);
    this.random = random;
    this.drawer = new RowDrawer(plain, random);
    this.amountScale = Number(pow10(decimals));
    this.amountUnits = pow10(EXACT_DECIMALS - decimals);
  }

  /** Of any market. */
  setPrice(market: number, price: Decimal): void {
    this.drawer.setPrice(market, price);
  }

  /** The next account, with 1 to `positionsMax` positions. */
  next(id: string, positionsMax: number): Account {
    const { random } = this;
    const { rows, hedgeMode } = this.drawer.next(positionsMax);
    const crossRows = rows.filter((row) => !row.isolated);
    const cross = crossRows.length > 0 ? this.open(crossRows, drawLeverage('cross', random)) : this.openNothing(rows[0].notional);
    const isolated = rows
      .filter((row) => row.isolated)
      .map((row): IsolatedPosition => {
        const { cash: collateral, positions } = this.open([row], drawLeverage('isolated', random));
        return { ...positions[0], collateral };
      });
    const positionMode = hedgeMode ? 'hedge' : 'net';
    return { id, positionMode, balance: cross.cash, cross: cross.positions, isolated };
  }

  private open(rows: readonly Row[], leverage: number): { cash: Cash; positions: Position[] } {
    const { positions, equity, profits } = openRows(rows, leverage, 0, this.random);
    let profit = 0;
    for (const amount of profits.values()) profit += amount;
    return { cash: this.toCash(equity - profit), positions };
  }

  /** The cross portfolio of an account whose positions are all isolated: half of them keep some money there. */
  private openNothing(scale: number): { cash: Cash; positions: Position[] } {
    return { cash: this.toCash(this.random.chance(0.5) ? 0 : scale * this.random.uniform()), positions: [] };
  }

  /** Up to the asset's last decimal; never below zero, as a venue lets no profit out that is not realised. */
  private toCash(amount: number): Cash {
    return roundedUp(Math.max(0, amount), this.amountScale, this.amountUnits);
  }
}
