/** A TCP proxy before a gateway, whose connections the test can cut. */
import { connect, createServer, type Socket } from 'node:net';

export interface TestProxy {
  readonly url: string;
  cut(): void;
  close(): Promise<void>;
}

/** `port`: of the gateway, asked for at each connection. */
export async function startProxy(port: () => number): Promise<TestProxy> {
  const open = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(port(), '127.0.0.1');
    for (const socket of [inbound, outbound]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [inbound, outbound].map((each) => each.destroy()));
    }
    inbound.pipe(outbound).pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${address.port}/v1/stream`,
    cut: () => {
      for (const socket of open) socket.destroy();
      open.clear();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
