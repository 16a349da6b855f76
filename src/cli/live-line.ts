/** One line of a terminal that is rewritten in place. */
import type { TextStream } from './io.js';

const ERASE_TO_END = '\u001b[K';
const COLUMNS_DEFAULT = 80;

export class LiveLine {
  private readonly stream: TextStream;
  private isShown = false;

  constructor(stream: TextStream) {
    this.stream = stream;
  }

  /** Replaces the line. Cut to the width of the terminal: a wrapped line could not be rewritten. */
  show(text: string): void {
    this.stream.write(`\r${text.slice(0, (this.stream.columns ?? COLUMNS_DEFAULT) - 1)}${ERASE_TO_END}`);
    this.isShown = true;
  }

  clear(): void {
    if (this.isShown) this.stream.write(`\r${ERASE_TO_END}`);
    this.isShown = false;
  }

  /** Leaves the line where it is and goes to the next. */
  keep(): void {
    if (this.isShown) this.stream.write('\n');
    this.isShown = false;
  }
}
