/** The hash by which a replay is held to the effects of the first time. */
import { createHash } from 'node:crypto';
import type { Effect } from '../model/effects.js';
import { assert } from '../model/errors.js';
import { ByteWriter } from './bytes.js';
import { EFFECTS_HASH_BYTES } from './layout.js';

const TAG = { null: 0, false: 1, true: 2, integer: 3, float: 4, big: 5, text: 6, list: 7, object: 8 } as const;

const writer = new ByteWriter();

/** Every value with its kind, names included, in the order in which the engine puts them: effects are byte-identical or they are not. */
function write(value: unknown): void {
  if (value === null) writer.byte(TAG.null);
  else if (typeof value === 'boolean') writer.byte(value ? TAG.true : TAG.false);
  else if (typeof value === 'number') writeNumber(value);
  else if (typeof value === 'bigint') {
    writer.byte(TAG.big);
    writer.big(value);
  } else if (typeof value === 'string') {
    writer.byte(TAG.text);
    writer.text(value);
  } else {
    assert(typeof value === 'object', `expected plain data in an effect, was ${typeof value}`);
    if (Array.isArray(value)) writeList(value);
    else writeObject(value);
  }
}

function writeNumber(value: number): void {
  const isInteger = Number.isSafeInteger(value);
  writer.byte(isInteger ? TAG.integer : TAG.float);
  if (isInteger) writer.integer(value, 'effect');
  else writer.float(value);
}

function writeList(values: readonly unknown[]): void {
  writer.byte(TAG.list);
  writer.whole(values.length, 'effect');
  for (const value of values) write(value);
}

function writeObject(value: object): void {
  writer.byte(TAG.object);
  for (const [name, each] of Object.entries(value)) {
    // As in JSON: left out and undefined are the same.
    if (each === undefined) continue;
    writer.text(name);
    write(each);
  }
  writer.byte(TAG.null);
}

/** The first bytes of SHA-256 over a record's effects; of none, zeros. A record that was refused has none, and as many problems as it had. */
export function effectsHash(effects: readonly Effect[], problems: number): Buffer {
  if (effects.length === 0 && problems === 0) return Buffer.alloc(EFFECTS_HASH_BYTES);
  writer.whole(problems, 'problems');
  writeList(effects);
  return createHash('sha256').update(writer.take()).digest().subarray(0, EFFECTS_HASH_BYTES);
}
