/** The version of this package, read from its own package.json wherever it is installed. */
import { createRequire } from 'node:module';

const manifest: { version: string; engines: { node: string } } = createRequire(import.meta.url)('plimsoll/package.json');

export const VERSION = manifest.version;
/** The range of Node versions that the package supports. */
export const NODE_RANGE = manifest.engines.node;
