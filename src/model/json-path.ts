/** How places in an input are named: `book.json: accounts[0].balances.USDT`. Strings only; knows nothing of the inputs. */
import { show } from './problems.js';

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The place of a member: `where` is a place, or a prefix that ends with a space (`book.json: `), or empty. */
export function member(where: string, key: string | number): string {
  if (typeof key === 'number') return `${where}[${key}]`;
  if (!PLAIN_KEY.test(key)) return `${where}[${show(key)}]`;
  return where === '' || where.endsWith(' ') ? where + key : `${where}.${key}`;
}

/** The name of the place itself when `where` may be a prefix: `book.json: ` is `book.json`. */
export function place(where: string): string {
  return where.endsWith(': ') ? where.slice(0, -2) : where;
}
