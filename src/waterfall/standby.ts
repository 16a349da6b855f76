/** Who stands by to help: accounts that may bid in auctions, what the backstop has taken on, and what was issued. Plain state. */
import { add, type Fraction, reduce, ZERO } from '../model/fraction.js';

/** Plain data: what a snapshot keeps. */
export interface StandbyState {
  readonly bidders: readonly string[];
  readonly backstopLoss: Fraction;
  readonly issued: Fraction;
}

export class Standby {
  readonly bidders = new Set<string>();
  /** In the valuation asset: what the backstop lost at the marks by all that it took over. */
  backstopLoss: Fraction = ZERO;
  /** In the valuation asset, over all cases. */
  issued: Fraction = ZERO;

  lose(amount: Fraction): void {
    this.backstopLoss = reduce(add(this.backstopLoss, amount));
  }

  issue(amount: Fraction): void {
    this.issued = reduce(add(this.issued, amount));
  }

  save(): StandbyState {
    return { bidders: [...this.bidders].sort(), backstopLoss: this.backstopLoss, issued: this.issued };
  }

  restore({ bidders, backstopLoss, issued }: StandbyState): void {
    for (const account of bidders) this.bidders.add(account);
    this.backstopLoss = backstopLoss;
    this.issued = issued;
  }
}
