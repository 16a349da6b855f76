/** Who can be deleveraged, and who has gains to share: not there yet. */
import type { AdlRequest, AdlTarget, Winner } from '../model/book-port.js';
import { AssertionError } from '../model/errors.js';
import type { Scanner } from './scanner.js';

export function adlQueue(_scanner: Scanner, _request: AdlRequest): AdlTarget[] {
  throw new AssertionError('expected an auto-deleveraging queue, which is not there yet');
}

export function winners(_scanner: Scanner, _markets: readonly number[], _isExcluded: (portfolio: string) => boolean): Winner[] {
  throw new AssertionError('expected winners, which are not there yet');
}
