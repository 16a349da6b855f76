/** One line that says how a running engine is doing. Reads its counters; must not ask it for anything else. */
import type { EngineStats } from '../engine/link.js';
import { compact, duration, grouped } from './format.js';
import type { TextStream } from './io.js';
import { LiveLine } from './live-line.js';

const TERMINAL_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;

/** `live`: ticks are of now, so their lag is shown. `replay`: ticks are of the past, so their time is. */
export type StatusKind = 'live' | 'replay';

export class StatusLine {
  private readonly stream: TextStream;
  private readonly line: LiveLine | null;
  private readonly kind: StatusKind;
  private readonly nowMs: () => number;
  private shownMs: number;
  private shownTicks = 0;

  /** `nowMs`: milliseconds since 1970. On a terminal the line is rewritten in place, elsewhere one is added every five seconds. */
  constructor(stream: TextStream, kind: StatusKind, nowMs: () => number) {
    this.stream = stream;
    this.line = stream.isTTY ? new LiveLine(stream) : null;
    this.kind = kind;
    this.nowMs = nowMs;
    this.shownMs = nowMs();
  }

  /** Cheap enough to call after every tick. */
  update(stats: EngineStats): void {
    const interval = this.line === null ? LOG_INTERVAL_MS : TERMINAL_INTERVAL_MS;
    if (this.nowMs() - this.shownMs >= interval) this.show(stats);
  }

  /** A line of its own: a live one goes on below it. */
  log(text: string): void {
    this.line?.clear();
    this.stream.write(`${text}\n`);
  }

  /** The last state, kept on the screen. */
  finish(stats: EngineStats): void {
    this.show(stats);
    this.line?.keep();
  }

  private show(stats: EngineStats): void {
    const now = this.nowMs();
    const text = this.text(stats, now);
    this.shownMs = now;
    this.shownTicks = stats.ticks;
    if (this.line === null) this.stream.write(`${text}\n`);
    else this.line.show(text);
  }

  private text(stats: EngineStats, now: number): string {
    const seconds = (now - this.shownMs) / 1000;
    const scanned = (stats.ticks - this.shownTicks) * stats.positions;
    const parts = [
      this.kind === 'replay' ? new Date(stats.tickTimeUs / 1000).toISOString().slice(0, 19) : `lag ${duration(stats.lagMs)}`,
      `ticks ${grouped(stats.ticks)}`,
      `liquidations ${grouped(stats.liquidations)}`,
      `deficit ${compact(stats.deficit)}`,
    ];
    if (stats.unpriced > 0) parts.push(`unpriced ${grouped(stats.unpriced)}`);
    // A narrow terminal cuts off the end.
    parts.push(`nominees ${grouped(stats.nominees)}`, `${compact(seconds > 0 ? scanned / seconds : 0)} positions/s`);
    return parts.join('  ');
  }
}
