/** A websocket that comes back: reconnects with back-off and watches that the server still speaks. It must not know what is said. */
import { WebSocket } from 'ws';
import { decode, encode } from '../gateway/codec.js';
import { type ClientMessage, SUBPROTOCOL } from '../gateway/messages.js';

/** A snapshot of a whole market in trouble is one frame. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
const PING_MS = 5_000;
/** Pings without any frame from the server after which it counts as gone. */
const SILENT_PINGS_MAX = 3;

export interface StreamEvents {
  opened(): void;
  message(message: readonly unknown[]): void;
  /** A close code of 0: the connection never opened, or died without a word. */
  closed(code: number, reason: string, retryInMs: number): void;
}

export class Stream {
  private readonly url: string;
  private readonly events: StreamEvents;
  private socket: WebSocket | null = null;
  private retryTimer: NodeJS.Timeout | null = null;
  private pingTimer: NodeJS.Timeout | null = null;
  private silentPings = 0;
  private failures = 0;
  private isStopped = false;

  constructor(url: string, events: StreamEvents) {
    this.url = url;
    this.events = events;
    this.connect();
  }

  /** Sends when connected; else the message is lost, and what must survive is said again in `opened`. */
  send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encode(message));
  }

  /** Drops the connection and comes back, as after any other loss. */
  reconnect(): void {
    this.socket?.terminate();
  }

  /** For good. Resolves once the connection is closed. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    const { socket } = this;
    if (socket === null) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    if (socket.readyState === WebSocket.OPEN) socket.close(1000);
    else socket.terminate();
    const timer = setTimeout(() => socket.terminate(), 1_000);
    await closed;
    clearTimeout(timer);
  }

  private connect(): void {
    const socket = new WebSocket(this.url, SUBPROTOCOL, { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false });
    this.socket = socket;
    let lastError = '';
    socket.on('open', () => {
      this.silentPings = 0;
      this.pingTimer = setInterval(() => this.ping(), PING_MS);
      this.events.opened();
    });
    socket.on('message', (data: Buffer) => {
      this.silentPings = 0;
      this.failures = 0;
      this.receive(socket, data);
    });
    socket.on('error', (error: Error) => {
      lastError = error.message;
    });
    socket.on('close', (code: number, reason: Buffer) => this.lost(code === 1006 ? 0 : code, reason.toString() || lastError));
  }

  private receive(socket: WebSocket, data: Buffer): void {
    // A connection that is being left must not speak for the next one.
    if (socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    let message: unknown;
    try {
      message = decode(data, FRAME_BYTES_MAX);
    } catch {
      socket.terminate();
      return;
    }
    if (Array.isArray(message)) this.events.message(message);
  }

  private ping(): void {
    this.silentPings += 1;
    if (this.silentPings > SILENT_PINGS_MAX) this.reconnect();
    else this.send(['ping', this.silentPings]);
  }

  private lost(code: number, reason: string): void {
    if (this.pingTimer !== null) clearInterval(this.pingTimer);
    this.pingTimer = null;
    this.socket = null;
    if (this.isStopped) return;
    const backOffMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.failures);
    // Many clients of one server come back at different times.
    const retryInMs = Math.round(backOffMs * (0.5 + Math.random() / 2));
    this.failures += 1;
    this.retryTimer = setTimeout(() => this.connect(), retryInMs);
    this.events.closed(code, reason, retryInMs);
  }
}
