/** What the gateway needs of a transport: one port with HTTP and websockets. `ws` implements it; it must not know topics or roles. */

/** A websocket that asks to be opened. Header values as they came; absent ones are null. */
export interface UpgradeRequest {
  readonly path: string;
  readonly host: string | null;
  readonly origin: string | null;
  readonly protocols: readonly string[];
}

export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly host: string | null;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The gateway's side of one open websocket. */
export interface SocketEvents {
  /** One binary frame; null: a text frame. */
  message(payload: Uint8Array | null): void;
  /** Everything sent so far has left. */
  drained(): void;
  closed(): void;
}

/** The transport's side of one open websocket. */
export interface TransportSocket {
  /** Queues one binary frame. What is queued in one turn of the loop leaves together. The bytes must not change afterwards. */
  send(payload: Uint8Array): void;
  bufferedBytes(): number;
  /** Says why and closes; whoever does not answer within `closeTimeoutMs` is cut. */
  close(code: number, reason: string): void;
}

export interface TransportOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly subprotocol: string;
  readonly frameBytesMax: number;
  readonly closeTimeoutMs: number;
  http(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /** Null: the websocket may open. */
  refusal(request: UpgradeRequest): HttpReply | null;
  opened(socket: TransportSocket): SocketEvents;
}

export interface Transport {
  readonly port: number;
  /** Closes every websocket with 1001 and stops listening. */
  close(): Promise<void>;
}
