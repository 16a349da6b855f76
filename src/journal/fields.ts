/** Owns how shapes are put together from single values: structs, lists, choices. Each says once how it is written and how it is read. */
import type { Decimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Both directions of one shape. `where` is the value's own name, for an error of the writer's. */
export interface Field<T> {
  write(writer: ByteWriter, value: T, where: string): void;
  read(reader: ByteReader): T;
}

/** More digits than any price has, few enough to be printed at once. */
const DECIMALS_MAX = 1 << 20;

export const whole: Field<number> = {
  write: (writer, value, where) => writer.whole(value, where),
  read: (reader) => reader.whole(),
};
export const integer: Field<number> = {
  write: (writer, value, where) => writer.integer(value, where),
  read: (reader) => reader.integer(),
};
export const big: Field<bigint> = { write: (writer, value) => writer.big(value), read: (reader) => reader.big() };
export const text: Field<string> = { write: (writer, value) => writer.text(value), read: (reader) => reader.text() };

/** With the number of decimals that it was given with: 1.50 stays 1.50. */
export const decimal: Field<Decimal> = {
  write: (writer, { units, decimals }, where) => {
    if (decimals > DECIMALS_MAX) throw badInput(where, `at most ${DECIMALS_MAX} decimals`, String(decimals));
    writer.whole(decimals, where);
    writer.big(units);
  },
  read: (reader) => {
    const decimals = reader.whole();
    if (decimals > DECIMALS_MAX) reader.fail(`at most ${DECIMALS_MAX} decimals`, String(decimals));
    return { units: reader.big(), decimals };
  },
};

/** A byte says which. */
export const textOrInteger: Field<string | number> = {
  write: (writer, value, where) => {
    writer.byte(typeof value === 'string' ? 0 : 1);
    if (typeof value === 'string') writer.text(value);
    else writer.integer(value, where);
  },
  read: (reader) => (isInteger.read(reader) ? reader.integer() : reader.text()),
};

/** One of some values, as a byte. */
export function choice<const T extends string | boolean>(...values: readonly T[]): Field<T> {
  return {
    write: (writer, value, where) => {
      const index = values.indexOf(value);
      if (index < 0) throw badInput(where, `one of ${values.join(', ')}`, String(value));
      writer.byte(index);
    },
    read: (reader) => {
      const index = reader.byte();
      return index < values.length ? values[index] : reader.fail(`one of ${values.length} choices`, String(index));
    },
  };
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    write: (writer, value, where) => {
      writer.byte(value === null ? 0 : 1);
      if (value !== null) field.write(writer, value, where);
    },
    read: (reader) => (isThere.read(reader) ? field.read(reader) : null),
  };
}

const isThere = choice(false, true);
const isInteger = choice(false, true);

export function list<T>(field: Field<T>): Field<readonly T[]> {
  return {
    write: (writer, values, where) => {
      writer.whole(values.length, where);
      for (const value of values) field.write(writer, value, where);
    },
    read: (reader) => {
      const values: T[] = [];
      for (let left = reader.count(); left > 0; left -= 1) values.push(field.read(reader));
      return values;
    },
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Named = readonly (readonly [string, Field<unknown>])[];
type Loose = Record<string, unknown>;

/** The fields in the order in which they are written here; of those that may be left out, a byte says first which are there (8 at most). */
export function struct<T extends object>(
  required: Fields<Omit<T, OptionalKeys<T>>>,
  ...[optional]: OptionalKeys<T> extends never ? [] : [Fields<Pick<T, OptionalKeys<T>>>]
): Field<T> {
  const always = Object.entries(required) as unknown as Named;
  const sometimes = Object.entries(optional ?? {}) as unknown as Named;
  return {
    write: (writer, value) => {
      const loose = value as Loose;
      for (const [name, field] of always) field.write(writer, loose[name], name);
      if (sometimes.length === 0) return;
      writer.byte(sometimes.reduce((bits, [name], i) => bits + (loose[name] === undefined ? 0 : 1 << i), 0));
      for (const [name, field] of sometimes) if (loose[name] !== undefined) field.write(writer, loose[name], name);
    },
    read: (reader) => {
      const value: Loose = {};
      for (const [name, field] of always) value[name] = field.read(reader);
      if (sometimes.length === 0) return value as T;
      const bits = reader.byte();
      if (bits >= 1 << sometimes.length) reader.fail(`at most ${sometimes.length} fields that may be left out`, String(bits));
      for (const [i, [name, field]] of sometimes.entries()) if ((bits & (1 << i)) !== 0) value[name] = field.read(reader);
      return value as T;
    },
  };
}

/** What the member of a union that may be called `Name` has beside its tag. */
type Without<T extends { readonly [K in Tag]: string }, Tag extends string, Name extends string> = T extends unknown
  ? Name extends T[Tag]
    ? Omit<T, Tag>
    : never
  : never;

/** Shapes told apart by the field `tag`; the byte that stands for each is its place here, so new ones go to the end. */
export function union<Tag extends string, T extends { readonly [K in Tag]: string }>(
  tag: Tag,
  fields: { readonly [Name in T[Tag]]: Field<Without<T, Tag, Name>> },
): Field<T> {
  const names = Object.keys(fields) as T[Tag][];
  const kind = choice(...names);
  const fieldOf = (name: T[Tag]) => fields[name] as Field<object>;
  return {
    write: (writer, value) => {
      const name: T[Tag] = value[tag];
      kind.write(writer, name, tag);
      fieldOf(name).write(writer, value, name);
    },
    read: (reader) => {
      const name = kind.read(reader);
      return { [tag]: name, ...fieldOf(name).read(reader) } as unknown as T;
    },
  };
}
