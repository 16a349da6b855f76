/** The file of a report: an older one stays as it is until the new one is whole. Knows nothing of what is in it. */
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { badInput } from '../model/errors.js';

/** Throws bad usage where a report could not be put; leaves nothing there. A command that takes long asks before it begins. */
export async function checkReportFile(path: string): Promise<void> {
  await beside(path, (part) => writeFile(part, ''));
}

/** Writes beside the file, then puts that in its place. */
export async function writeReportFile(path: string, page: string): Promise<void> {
  await beside(path, async (part, target) => {
    await writeFile(part, page);
    await rename(part, target);
  });
}

/** `part` is a path in the folder of the file, at which nothing is left. A link stays one: the file that it leads to is the target. */
async function beside(path: string, use: (part: string, target: string) => Promise<void>): Promise<void> {
  try {
    const existing = await stat(path).catch(() => null);
    if (existing !== null && !existing.isFile()) throw new Error('it is there and no file');
    const target = existing === null ? path : await realpath(path);
    const part = `${target}.${process.pid}.part`;
    await use(part, target).finally(() => rm(part, { force: true }));
  } catch (cause) {
    throw badInput('--report', 'a file that can be written', `${path} (${String(cause)})`, 'bad-usage');
  }
}
