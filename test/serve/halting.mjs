/** Loaded into a process before the command line: after some ticks the engine gets a record of no known type, and so a bug of ours. */
import { isMainThread, Worker } from 'node:worker_threads';

const TICKS_BEFORE = 5;

if (isMainThread) {
  const post = Worker.prototype.postMessage;
  let count = 0;
  Worker.prototype.postMessage = function (message, ...rest) {
    const isTick = message?.record?.type === 'tick';
    if (isTick) count += 1;
    if (isTick && count === TICKS_BEFORE) post.call(this, { id: -1, record: { type: 'nonsense', timeUs: 0 } });
    return post.call(this, message, ...rest);
  };
}
