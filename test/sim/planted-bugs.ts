/** Bugs to be planted into an engine that works: each must be seen by the simulator. */

import { orderEvent } from '../../src/dispatch/orders.js';
import type { Engine } from '../../src/engine/engine.js';
import { ZERO } from '../../src/model/fraction.js';
import { cash, lots } from '../../src/model/portfolio.js';
import { freshMemory } from '../../src/waterfall/case.js';

export interface PlantedBug {
  /** What the simulator says when it sees it. */
  readonly seenAs: RegExp;
  readonly plant: (engine: Engine) => void;
}

type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type Result<Method> = Method extends (...args: never[]) => infer Returned ? Returned : never;

/** Does something more once a method is done, and may return something else. */
function after<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  then: (result: Result<Target[Key]>, ...args: Arguments<Target[Key]>) => Result<Target[Key]>,
): void {
  const original = (target[key] as (...args: unknown[]) => Result<Target[Key]>).bind(target);
  (target as Record<Key, unknown>)[key] = (...args: Arguments<Target[Key]>) => then(original(...args), ...args);
}

/** Stands before a method, and calls it with whatever it likes. */
function around<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  instead: (go: (...args: Arguments<Target[Key]>) => Result<Target[Key]>, ...args: Arguments<Target[Key]>) => Result<Target[Key]>,
): void {
  const original = (target[key] as (...args: unknown[]) => Result<Target[Key]>).bind(target);
  (target as Record<Key, unknown>)[key] = (...args: Arguments<Target[Key]>) => instead(original, ...args);
}

let sent = 0;

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'a stage is skipped without a word': {
    seenAs: /is in stage|has (entered|skipped|left) stage/,
    plant: ({ caseHalf: { cases } }) =>
      around(cases, 'onReport', (go, report, context) => {
        const subject = cases.caseOf(report.portfolio);
        if (subject?.isEntered && subject.entry + 1 < context.policy.stages.length) {
          subject.entry += 1;
          subject.isEntered = false;
          subject.memory = freshMemory(context.now.timeUs);
        }
        return go(report, context);
      }),
  },
  'an order is sent twice': {
    seenAs: /is used again/,
    plant: ({ caseHalf: { desk } }) =>
      after(desk, 'place', (order, _want, _number, _now, out) => {
        if (order !== null && desk.mode === 'live') out.orders.push(orderEvent(order, 'new'));
        return order;
      }),
  },
  'a second order goes out beside one that is unknown': {
    seenAs: /is out on the same position/,
    plant: ({ caseHalf: { desk } }) =>
      after(desk, 'askForUnknown', (_, now, _ttlUs, out) => {
        for (const order of desk.table.all())
          if (now.timeUs > order.expiryUs) out.orders.push({ ...orderEvent(order, 'new'), orderId: `${order.orderId}+` });
      }),
  },
  'a transfer is lost on its way to the book': {
    seenAs: /money is not conserved/,
    plant: ({ scanHalf: { desk } }) => around(desk, 'move', (go, moves) => go(moves.slice(1))),
  },
  'a transfer is made and not told': {
    seenAs: /was told/,
    plant: ({ caseHalf }) =>
      after(caseHalf, 'onTick', (_, _tick, _reports, _watched, _now, out) => {
        out.transfers.splice(0, 1);
      }),
  },
  'an order is a lot too small': {
    seenAs: /where all are to be closed/,
    plant: ({ caseHalf: { desk } }) =>
      around(desk, 'place', (go, want, ...rest) => go({ ...want, lots: lots(Math.max(1, want.lots - 1)) }, ...rest)),
  },
  'an order is a lot too large': {
    seenAs: /lots of a position of/,
    plant: ({ caseHalf: { desk } }) =>
      around(desk, 'place', (go, want, ...rest) => go({ ...want, lots: lots(want.lots + 1) }, ...rest)),
  },
  'a partial liquidation closes a lot more than restores': {
    seenAs: /fewer restore it/,
    plant: ({ caseHalf: { desk } }) =>
      around(desk, 'place', (go, want, ...rest) => {
        const isPart = want.stage === 'partial' && want.lots < Math.abs(want.row.lots);
        return go(isPart ? { ...want, lots: lots(want.lots + 1) } : want, ...rest);
      }),
  },
  'deleveraging begins while the fund covers the loss': {
    seenAs: /while the fund covers it/,
    plant: ({ caseHalf: { fund } }) => after(fund, 'available', () => 0n),
  },
  'the fund pays what it does not have': {
    seenAs: /has fallen below zero/,
    plant: ({ caseHalf: { fund, ledger } }) => {
      after(fund, 'available', (may) => may + 10n ** 24n);
      after(ledger, 'balanceOf', (balance, account) => (account.kind === 'fund' ? cash(balance + 10n ** 24n) : balance));
    },
  },
  'the kill switch does nothing': {
    seenAs: /in spite of the kill switch/,
    plant: ({ caseHalf: { gates } }) =>
      around(gates, 'apply', (go, command) => go(command.command === 'kill' ? { ...command, isOn: false } : command)),
  },
  'a stale market is liquidated on': {
    seenAs: /in spite of a (stale market|market that warms up)/,
    plant: ({ caseHalf: { gates } }) => after(gates, 'ofMarket', (why) => (why === 'stale' || why === 'warming-up' ? null : why)),
  },
  'a breach is not reported': {
    seenAs: /is liquidatable, and has no case/,
    plant: ({ scanHalf }) =>
      after(scanHalf, 'tick', (reports) =>
        reports.filter(({ portfolio, standing }) => standing !== 'liquidatable' || portfolio !== 'a1'),
      ),
  },
  'a case opens for somebody who is not in default': {
    seenAs: /not in default/,
    plant: ({ scanHalf }) =>
      after(scanHalf, 'tick', (reports) =>
        reports.map((report) =>
          report.standing === 'healthy' && report.positions > 0 ? { ...report, standing: 'liquidatable' } : report,
        ),
      ),
  },
  'somebody without a position pays a shared loss': {
    seenAs: /has no position and paid/,
    plant: ({ scanHalf: { desk } }) =>
      after(desk, 'winners', (winners) =>
        winners.some(({ portfolio }) => portfolio === 'bidder1') ||
        !(desk.report('bidder1').equity.n > 0n) ||
        desk.report('bidder1').positions > 0
          ? winners
          : [...winners, { portfolio: 'bidder1', gain: cash(10n ** 18n), lots: lots(1_000), takeMax: cash(10n ** 18n) }],
      ),
  },
  'a snapshot forgets what was said': {
    seenAs: /a restored engine has another state/,
    plant: ({ caseHalf: { signals } }) => around(signals, 'restore', (go) => go([])),
  },
  'an order id depends on more than its records': {
    seenAs: /led to other effects|another state/,
    plant: ({ caseHalf: { desk } }) =>
      around(desk, 'place', (go, want, number, ...rest) => {
        sent += 1;
        return go(want, number + 1_000 * sent, ...rest);
      }),
  },
  'a loss is written off too early': {
    seenAs: /bad debt than was paid in/,
    plant: ({ caseHalf: { cases } }) =>
      around(cases, 'onReport', (go, report, context) => {
        const subject = cases.caseOf(report.portfolio);
        if (subject !== undefined && subject.absorbed.n > 0n) subject.absorbed = ZERO;
        return go(report, context);
      }),
  },
};
