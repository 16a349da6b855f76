/** Loaded before the command line: lets it find a driver's device file where there is none, so that the CUDA library is asked. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { existsSync } = fs;
fs.existsSync = (path) => path === '/dev/nvidiactl' || existsSync(path);
syncBuiltinESMExports();
