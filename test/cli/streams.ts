/** Streams and an `Io` that remember what was written to them. */
import { Interrupts } from '../../src/cli/interrupts.js';
import type { Io, TextStream } from '../../src/cli/io.js';

export interface RecordingStream extends TextStream {
  /** Everything written so far. */
  text: string;
}

export function recordingStream(options: { isTTY?: boolean; columns?: number } = {}): RecordingStream {
  return {
    text: '',
    ...options,
    write(text: string) {
      this.text += text;
    },
  };
}

export interface RecordingIo extends Io {
  readonly stdout: RecordingStream;
  readonly stderr: RecordingStream;
}

export function recordingIo(env: Record<string, string> = {}): RecordingIo {
  return { stdout: recordingStream(), stderr: recordingStream(), env, interrupts: new Interrupts() };
}
