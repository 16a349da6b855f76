/** How `serve` begins and ends: signals, settings that are wrong, files that are wrong, a port that is taken, an engine that halts. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Peer, until } from '../gateway/helpers.js';
import { type BookFiles, long, writeBook } from './book.js';
import { killAll, plimsoll, residentBytes, startPlimsoll, startServe, statsWhen } from './process.js';

const SMALL = ['--positions', '2000', '--markets', '4'];
/** More than the process has before it loads anything, and less than the large book takes. */
const LOADING_BYTES = 2e8;

afterEach(killAll);

async function isRefused(http: string): Promise<boolean> {
  return await fetch(`${http}/livez`).then(
    () => false,
    () => true,
  );
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('while running: subscribers are told, the port is closed, exit 130', async () => {
    const served = await startServe(SMALL);
    const peer = await Peer.open(served.url);
    await statsWhen(served.http, ({ ticks }) => ticks > 0, 'a tick');
    served.process.kill(signal);
    expect(await peer.closing()).toMatchObject({ code: 1001 });
    expect(await served.exited).toEqual({ code: 130, signal: null });
    expect(await isRefused(served.http)).toBe(true);
    expect(served.stderr()).toMatch(/^lag .*ticks [1-9]/m);
  });

  test('while loading: exit 130 at once', async () => {
    const started = startPlimsoll(['serve', '--port', '0', '--positions', '50000000']);
    await until(() => residentBytes(started.process.pid ?? 0) > LOADING_BYTES, 'the book to grow');
    started.process.kill(signal);
    expect(await started.exited).toEqual({ code: 130, signal: null });
    expect([started.stdout(), started.stderr()]).toEqual(['', '']);
  });
});

test('SIGINT with a subscriber that never answers the close: exit 130 all the same', async () => {
  const served = await startServe(SMALL);
  const peer = await Peer.open(served.url);
  peer.socket.pause();
  served.process.kill('SIGINT');
  expect(await served.exited).toEqual({ code: 130, signal: null });
  peer.socket.terminate();
});

describe('with a port that is taken', () => {
  let other: Server;
  afterAll(() => {
    other.close();
  });

  test('one line and exit 1', async () => {
    other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expect(await plimsoll('serve', ...SMALL, '--port', String(port))).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `port: expected ${port} to be free on 127.0.0.1, was in use\n`,
    });
  });
});

test('an engine that halts ends the process: exit 1, the reason on stderr, subscribers told, the port closed', async () => {
  const preload = join(import.meta.dirname, 'halting.mjs');
  const served = await startServe([...SMALL, '--tick-interval-ms', '200'], { nodeArgs: ['--import', preload] });
  const peer = await Peer.open(served.url);
  expect(await peer.closing()).toMatchObject({ code: 1001 });
  expect(await served.exited).toEqual({ code: 1, signal: null });
  const lines = served.stderr().split('\n');
  expect(lines[0]).toBe('plimsoll: internal error: expected a known type of record, was {"type":"nonsense","timeUs":0}');
  expect(lines.slice(1)).toEqual([expect.stringContaining('This is a bug.'), '']);
  expect(await isRefused(served.http)).toBe(true);
});

test('::1 is an address too', async () => {
  const served = await startServe([...SMALL, '--host', '::1']);
  expect(served.http).toMatch(/^http:\/\/\[::1\]:\d+$/);
  await statsWhen(served.http, ({ ticks }) => ticks > 0, 'a tick');
  const peer = await Peer.open(served.url);
  expect((await peer.next('hello'))[0]).toBe('hello');
  peer.socket.close();
});

test('an address for others is refused before anything is loaded', async () => {
  const { code, stdout, stderr } = await plimsoll('serve', '--positions', '100000000', '--host', '0.0.0.0', '--port', '0');
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: '--host: expected 127.0.0.1 or ::1, was "0.0.0.0"\n',
  });
});

describe('with a book of its own', () => {
  let files: BookFiles | null = null;
  afterEach(() => {
    if (files !== null) rmSync(files.folder, { recursive: true });
    files = null;
  });
  const serveBook = (book: string, marks: string) => plimsoll('serve', '--port', '0', '--book', book, '--marks', marks);

  test('finds at the first tick who is under water, and the paper venue closes it', async () => {
    files = writeBook([long('sunk', '10', '10'), long('safe', '1', '1000')]);
    const served = await startServe([
      '--book',
      files.book,
      '--marks',
      files.marks,
      '--tick-interval-ms',
      '20',
      '--policy',
      'full-close',
    ]);
    expect(served.stdout()).toContain('2 positions of 2 accounts, scanned 50 times a second');
    const stats = await statsWhen(served.http, ({ liquidations }) => liquidations === 1, 'the liquidation');
    expect(stats.openCases).toBe(0);
    const body = await (await fetch(`${served.http}/v1/orders`)).json();
    expect(body).toMatchObject({ orders: [{ portfolio: 'sunk', event: 'ended', limitPrice: '99', size: '0' }] });
  });

  test('a book with mistakes: a line for each, exit 2', async () => {
    files = writeBook([
      { ...long('a b', '10', '10') },
      long('half', '0.0001', '10'),
      { id: 'lost', balances: { EUR: '1' }, positions: [] },
    ]);
    const { code, stdout, stderr } = await serveBook(files.book, files.marks);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const [i, line] of lines.entries()) expect(line).toContain(`book.json: accounts[${i}]`);
  });

  test('a book or marks file that is not there: exit 2, with its name', async () => {
    files = writeBook([long('safe', '1', '1000')]);
    for (const [book, marks] of [
      ['no-such-book.json', files.marks],
      [files.book, 'no-such-marks.json'],
    ]) {
      const { code, stdout, stderr } = await serveBook(book, marks);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^no-such-(book|marks)\.json: expected .*\n$/);
    }
  });

  test('marks that are no place to start from: exit 2', async () => {
    files = writeBook([long('safe', '1', '1000')], { ETHUSDT: '1' });
    const { code, stderr } = await serveBook(files.book, files.marks);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `${files.marks}: marks.BTCUSDT: expected a mark above zero, for the made-up market to start from, was nothing\n`,
    );
  });

  test('a book without marks: exit 2, one line', async () => {
    const { code, stdout, stderr } = await plimsoll('serve', '--book', 'book.json');
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: '--marks: expected a file, because book is given, was nothing\n',
    });
  });

  test('--print-config says what is in effect, of file, environment and flags, and starts nothing', async () => {
    files = writeBook([]);
    const config = join(files.folder, 'plimsoll.yaml');
    writeFileSync(config, 'port: 8001\nseed: 3\npositions: 500 # few\noperatorToken: from-the-file-0123456789\n');
    const env = { PLIMSOLL_SEED: '4', PLIMSOLL_POSITIONS: '600', PLIMSOLL_CRASH: 'true' };
    const started = startPlimsoll(['serve', '--config', config, '--positions', '700', '--print-config'], { env });
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(started.stderr()).toBe('');
    expect(started.stdout()).toContain('port: 8001\npositions: 700\n');
    expect(started.stdout()).toContain('seed: 4\n');
    expect(started.stdout()).toContain('crash: true\n');
    expect(started.stdout()).not.toContain('0123456789');
  });

  test('every problem of file, environment and flags is told at once', async () => {
    files = writeBook([]);
    const config = join(files.folder, 'plimsoll.json');
    writeFileSync(config, '{"port": 99999, "portt": 1}');
    const started = startPlimsoll(['serve', '--config', config, '--seed', '-1'], { env: { PLIMSOLL_EXECUTOR: 'me' } });
    expect(await started.exited).toEqual({ code: 2, signal: null });
    expect(started.stderr().trimEnd().split('\n')).toHaveLength(4);
  });
});
