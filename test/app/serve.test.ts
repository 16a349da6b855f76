/** The server as a library, from the build: what it takes, what it refuses, and that nothing stays open. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { dumpJournal, verifyJournal } from '../../src/app/journal.js';
import type { Server, ServerOptions } from '../../src/app/serve.js';
import { VERSION } from '../../src/app/version.js';
import { Peer } from '../gateway/helpers.js';
import { long, writeBook } from '../serve/book.js';
import { built, statsOf, statsWhen } from '../serve/process.js';

const OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  book: { positions: 2_000, markets: 4 },
  seed: 1,
  tickIntervalMs: 20,
  backend: 'js',
  orderTtlMs: 5_000,
  executor: 'paper',
  crash: false,
  operatorToken: null,
  executorToken: null,
};

let startServer: typeof import('../../src/app/serve.js').startServer;
let server: Server | null = null;
beforeAll(async () => {
  ({ startServer } = await built<typeof import('../../src/app/serve.js')>('src/app/serve.js'));
});
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(over: Partial<ServerOptions> = {}): Promise<{ server: Server; http: string; url: string }> {
  server = await startServer({ ...OPTIONS, ...over });
  const address = `127.0.0.1:${server.port}`;
  return { server, http: `http://${address}`, url: `ws://${address}/v1/stream` };
}

test('serves its version, and ticks are scanned', async () => {
  const { http, url } = await start();
  const peer = await Peer.open(url);
  expect((await peer.next('hello')).slice(0, 3)).toEqual(['hello', 1, VERSION]);
  await statsWhen(http, ({ ticks }) => ticks >= 5, 'ticks');
  peer.socket.close();
});

describe('tokens', () => {
  const roleOf = async (url: string, token: string) => {
    const peer = await Peer.open(url);
    await peer.next('hello');
    const answer = await peer.ask('auth', 1, token);
    peer.socket.close();
    return answer[2];
  };

  test('are drawn anew for each server', async () => {
    const first = await start();
    const { tokens } = first.server;
    expect(await roleOf(first.url, tokens.operator)).toBe('operator');
    expect(await roleOf(first.url, tokens.executor)).toBe('executor');
    await first.server.close();
    const second = await start();
    expect(new Set([...Object.values(tokens), ...Object.values(second.server.tokens)]).size).toBe(4);
    expect(await roleOf(second.url, tokens.operator)).toBe('unauthorized');
  });

  test('are those that are given', async () => {
    const given = { operatorToken: 'operator-token-0123', executorToken: 'executor-token-0123' };
    const { server: started, url } = await start(given);
    expect(started.tokens).toEqual({ operator: given.operatorToken, executor: given.executorToken });
    expect(await roleOf(url, given.executorToken)).toBe('executor');
  });

  test('must differ', async () => {
    const operatorToken = 'the-same-token-0123';
    await expect(start({ operatorToken, executorToken: operatorToken })).rejects.toMatchObject({ code: 'bad-usage' });
  });
});

describe('refuses', () => {
  test('an address that is not loopback', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'bad-usage' });
  });

  test('times below a millisecond', async () => {
    await expect(start({ orderTtlMs: 0 })).rejects.toThrow('orderTtlMs: expected at least 1 ms, was 0');
    await expect(start({ tickIntervalMs: Number.NaN })).rejects.toThrow('tickIntervalMs: expected at least 1 ms, was NaN');
  });

  test('a port that is taken', async () => {
    const { server: first } = await start();
    await expect(startServer({ ...OPTIONS, port: first.port })).rejects.toMatchObject({ code: 'unavailable' });
    expect(first.link.stats().positions).toBe(2_000);
  });

  test('marks that are missing, or not above zero where the made-up market must start', async () => {
    const files = writeBook([long('a', '1', '1000')], {});
    const book = { file: files.book, marks: files.marks };
    const refusal = start({ book });
    await expect(refusal).rejects.toMatchObject({ code: 'bad-input', problems: [{ found: 'nothing' }] });
    rmSync(files.folder, { recursive: true });
  });
});

test('a book of files starts at its marks', async () => {
  const files = writeBook([long('sunk', '10', '-100000'), long('safe', '1', '1000')], { BTCUSDT: '100.5' });
  const { server: started, http } = await start({ book: { file: files.book, marks: files.marks }, executor: 'external' });
  rmSync(files.folder, { recursive: true });
  expect(started.link.instruments.markets.map(({ id }) => id)).toEqual(['BTCUSDT']);
  await statsWhen(http, ({ liquidatable }) => liquidatable === 1, 'the breach');
  const { signals } = (await (await fetch(`${http}/v1/signals`)).json()) as { signals: { portfolio: string; equity: number }[] };
  expect(signals.map(({ portfolio }) => portfolio)).toEqual(['sunk']);
  // 10 · (mark − 100) − 100000, the mark near 100.5.
  expect(Math.abs(signals[0].equity + 99_995)).toBeLessThan(5);
});

test('a book of several assets starts at its marks, index prices and funding: nothing is unpriced, and who is breached is told', async () => {
  const example = (name: string): string => fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));
  const book = { file: example('multi-asset.json'), marks: example('multi-asset-marks.json') };
  const { http } = await start({ book, executor: 'external', tickIntervalMs: 1_000 });
  const stats = await statsWhen(http, ({ ticks }) => ticks >= 1, 'a tick');
  // The isolated position that scan finds with the same files: its funding is half of why.
  expect(stats).toMatchObject({ accounts: 3, unpriced: 0, liquidatable: 1 });
});

test('after close the port is free and the engine has ended', async () => {
  const { server: started, http } = await start();
  await statsOf(http);
  await started.close();
  await started.ended;
  await expect(fetch(`${http}/livez`)).rejects.toThrow();
  await expect(started.link.submit({ type: 'clock', timeUs: 0 })).rejects.toMatchObject({ code: 'unavailable' });
  const next = await startServer({ ...OPTIONS, port: started.port });
  await next.close();
});

test('an engine that halts closes the port, and says why', async () => {
  const { server: started, http } = await start();
  started.link.submit({ type: 'nonsense', timeUs: 0 } as never).catch(() => undefined);
  await expect(started.ended).rejects.toThrow('expected a known type of record');
  await expect(fetch(`${http}/livez`)).rejects.toThrow();
  server = null;
});

test('a journal that goes on has its fund filled once, and warms up anew at each start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-serve-fund-'));
  for (let i = 0; i < 3; i += 1) {
    const { http } = await start({ journal: folder, fund: '1000' });
    await statsWhen(http, ({ ticks }) => ticks >= 2, 'ticks');
    await server?.close();
  }
  const records = [...dumpJournal(folder, { from: 1, to: 1_000_000 })].map(({ record }) => record);
  expect(records.filter(({ type }) => type === 'admin')).toMatchObject([
    { commands: [{ command: 'fund', asset: 'USDT', market: null, amount: '1000' }] },
  ]);
  expect(records.filter(({ type }) => type === 'restart')).toHaveLength(2);
  expect(verifyJournal(folder).genesis).toMatchObject({ staleUs: 10_000_000, warmupTicks: 3 });
  rmSync(folder, { recursive: true });
});
