/** The transport that is always there: node's http server and `ws`. It must not know messages. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { badInput, PlimsollError } from '../model/errors.js';
import type { HttpReply, SocketEvents, Transport, TransportOptions, TransportSocket, UpgradeRequest } from './transport.js';

/** A peer that pings and never reads gets no more pongs than this. */
const PONG_BUFFERED_BYTES_MAX = 64 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_PROBE_MS = 30_000;
const GOING_AWAY = 1001;

export async function startWsTransport(options: TransportOptions): Promise<Transport> {
  const { host, port, closeTimeoutMs } = options;
  const open = new Set<WsSocket>();
  const websockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: options.frameBytesMax,
    handleProtocols: () => options.subprotocol,
  });
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS });
  server.on('request', (request, response) => void answer(options, request, response));
  server.on('clientError', (_error, socket) => {
    socket.destroy();
  });
  server.on('upgrade', (request, stream, head) => {
    // A peer that goes away during the handshake must not end the process.
    stream.on('error', () => stream.destroy());
    const refusal = options.refusal(upgradeRequest(request));
    if (refusal !== null) {
      refuse(stream, refusal);
      return;
    }
    websockets.handleUpgrade(request, stream, head, (websocket) => {
      const socket = new WsSocket(websocket, stream, closeTimeoutMs);
      open.add(socket);
      listen(websocket, socket, options.opened(socket), () => open.delete(socket));
    });
  });
  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.close(GOING_AWAY, 'the server stops');
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(badInput('port', `${port} to be free on ${host}`, 'in use', 'unavailable'));
      else
        reject(
          new PlimsollError('unavailable', `port: expected to listen on ${host}:${port}, was ${error.message}`, { cause: error }),
        );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      // Running out of file descriptors, say: connections fail, the scanner lives.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function listen(websocket: WebSocket, socket: WsSocket, events: SocketEvents, closed: () => void): void {
  // ws closes the connection after an error itself; without a listener the process would end.
  websocket.on('error', () => undefined);
  websocket.on('message', (data: Buffer, isBinary: boolean) => events.message(isBinary ? data : null));
  websocket.on('ping', (data: Buffer) => {
    if (socket.bufferedBytes() < PONG_BUFFERED_BYTES_MAX) websocket.pong(data);
  });
  socket.stream.on('drain', () => events.drained());
  websocket.on('close', () => {
    closed();
    events.closed();
  });
}

/** Writes its frames itself, so that a broadcast frames its payload once and a turn's frames leave in one system call. */
class WsSocket implements TransportSocket {
  readonly stream: Duplex;
  private readonly websocket: WebSocket;
  private readonly closeTimeoutMs: number;
  private corked = false;

  constructor(websocket: WebSocket, stream: Duplex, closeTimeoutMs: number) {
    this.websocket = websocket;
    this.stream = stream;
    this.closeTimeoutMs = closeTimeoutMs;
    if ('setKeepAlive' in stream && typeof stream.setKeepAlive === 'function') stream.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  }

  send(payload: Uint8Array): void {
    if (this.websocket.readyState !== this.websocket.OPEN) return;
    if (!this.corked) {
      this.corked = true;
      this.stream.cork();
      process.nextTick(() => {
        this.corked = false;
        this.stream.uncork();
      });
    }
    this.stream.write(frameOf(payload));
  }

  bufferedBytes(): number {
    return this.stream.writableLength;
  }

  close(code: number, reason: string): void {
    this.websocket.close(code, reason);
    // ws has a timeout of its own, but from when the close frame was written: to a peer that never reads that is never.
    const timer = setTimeout(() => this.websocket.terminate(), this.closeTimeoutMs);
    this.websocket.once('close', () => clearTimeout(timer));
  }
}

let framedPayload: Uint8Array | null = null;
let framed: Buffer = Buffer.alloc(0);

/** The payload as one unmasked binary websocket frame. A broadcast sends the same payload many times in a row: the last is kept. */
function frameOf(payload: Uint8Array): Buffer {
  if (payload === framedPayload) return framed;
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = 0x82;
  frame[1] = headBytes === 2 ? length : headBytes === 4 ? 126 : 127;
  if (headBytes === 4) frame.writeUInt16BE(length, 2);
  if (headBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, headBytes);
  framedPayload = payload;
  framed = frame;
  return frame;
}

function upgradeRequest(request: IncomingMessage): UpgradeRequest {
  const protocols = request.headers['sec-websocket-protocol'] ?? '';
  return {
    path: pathOf(request),
    host: request.headers.host ?? null,
    origin: request.headers.origin ?? null,
    protocols: protocols.split(',').map((protocol) => protocol.trim()),
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function headersOf(reply: HttpReply): Record<string, string> {
  return {
    'Content-Type': reply.contentType,
    'Content-Length': String(Buffer.byteLength(reply.body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
  };
}

async function answer(options: TransportOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('error', () => response.destroy());
  // No request here has a body; one that comes is not waited for.
  request.resume();
  const method = request.method ?? '';
  let reply: HttpReply;
  try {
    reply = await options.http({ method, path: pathOf(request), host: request.headers.host ?? null });
  } catch {
    reply = { status: 500, contentType: 'text/plain; charset=utf-8', body: 'internal error\n' };
  }
  response.writeHead(reply.status, headersOf(reply));
  response.end(method === 'HEAD' ? undefined : reply.body);
}

function refuse(stream: Duplex, reply: HttpReply): void {
  const headers = Object.entries({ ...headersOf(reply), Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  stream.end([`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status]}`, ...headers, '', reply.body].join('\r\n'));
}
