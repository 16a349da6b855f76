/** The progress of long work, on a terminal only; the line is gone when the work is done. Knows nothing of the work. */
import { compact, duration, grouped } from './format.js';
import type { TextStream } from './io.js';
import { LiveLine } from './live-line.js';

const INTERVAL_MS = 100;

export class Progress {
  private readonly line: LiveLine | null;
  private readonly label: string;
  private readonly total: number;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private shownMs = Number.NEGATIVE_INFINITY;

  /** `total`: how many steps there will be; Infinity when nobody knows. */
  constructor(stream: TextStream, label: string, total: number, nowMs: () => number) {
    this.line = stream.isTTY ? new LiveLine(stream) : null;
    this.label = label;
    this.total = total;
    this.nowMs = nowMs;
    this.startMs = nowMs();
  }

  /** `done` steps so far. Cheap enough to call often: it draws at most every 100 ms. */
  update(done: number): void {
    if (this.line === null) return;
    const now = this.nowMs();
    if (now - this.shownMs < INTERVAL_MS) return;
    this.shownMs = now;
    this.line.show(this.text(done, now - this.startMs));
  }

  finish(): void {
    this.line?.clear();
  }

  private text(done: number, elapsedMs: number): string {
    const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
    const parts = [this.label];
    if (Number.isFinite(this.total)) {
      const share = this.total === 0 ? 1 : Math.min(1, done / this.total);
      parts.push(`${Math.floor(share * 100)} %`, `${grouped(done)} of ${grouped(this.total)}`);
    } else {
      parts.push(grouped(done));
    }
    if (rate > 0) parts.push(`${compact(rate)}/s`);
    if (rate > 0 && done < this.total && Number.isFinite(this.total)) {
      parts.push(`${duration(((this.total - done) / rate) * 1000)} left`);
    }
    return parts.join('  ');
  }
}
