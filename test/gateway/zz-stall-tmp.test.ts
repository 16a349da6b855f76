import { batchRecord } from '/work/main/src/gateway/batches.js';
import { decode, encode } from '/work/main/src/gateway/codec.js';
import { INSTRUMENTS } from '/work/main/test/gateway/helpers.js';
import { test } from 'vitest';
const M = 4 * 1024 * 1024 - 200;
const long = '9'.repeat(M);
const many = (n: number, make: (i: number) => unknown) => Array.from({ length: n }, (_, i) => make(i));
const cases: Record<string, unknown> = {
  bin: [['a', 1, Buffer.alloc(M), []]],
  binRow: [Buffer.alloc(M)],
  binPos: [['a', 1, {}, [Buffer.alloc(M)]]],
  binMarket: [['a', 1, {}, [[Buffer.alloc(M), '1', '1']]]],
  balance: [['a', 1, { USDT: long }, []]],
  balances: many(4, () => ['a', 1, { USDT: '9'.repeat(M / 4) }, []]),
  size: [['a', 1, {}, [['BTCUSDT', long, '1']]]],
  entry: [['a', 1, {}, [['BTCUSDT', '1', long]]]],
  decimalsEntry: [['a', 1, {}, [['BTCUSDT', '1', '1.' + long.slice(2)]]]],
  collateral: [['a', 1, {}, [['BTCUSDT', '1', '1', 'isolated', long]]]],
  keys: [['a', 1, Object.fromEntries(many(500_000, (i) => [i.toString(36) + 'x', null])), []]],
  nested: [['a', 1, many(2_000_000, () => 1), []]],
  positions: many(400, (r) => ['a' + r, 1, {}, many(10_000, () => 1)]),
  positions2: many(30, (r) => ['a' + r, 1, {}, many(10_000, () => ['B', '1', '1'])]),
  positions3: many(13, (r) => ['a' + r, 1, {}, many(10_000, () => ['BTCUSDT', '1', '1', 'isolated', '1'])]),
  mode: [['a', 1, {}, [], many(2_000_000, () => 1)]],
  id: [[long, 1, {}, []]],
};
for (const [name, rows] of Object.entries(cases)) {
  test(name, () => {
    const bytes = encode(['book', 1, rows]);
    const t0 = performance.now();
    let message: unknown[] = [];
    try { message = decode(bytes, 1e9) as unknown[]; } catch (e) { console.log(name, 'decode', (e as Error).message.slice(0, 80)); return; }
    const t1 = performance.now();
    let n = 0;
    try { batchRecord('book', message[2], INSTRUMENTS, 1); } catch (e) { n = (e as { problems: unknown[] }).problems?.length ?? -1; if (n < 0) console.log(e); }
    console.log(name, bytes.length, 'decode', (t1 - t0).toFixed(0), 'read', (performance.now() - t1).toFixed(0), 'problems', n);
  });
}
