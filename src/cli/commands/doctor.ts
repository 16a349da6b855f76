/** `plimsoll doctor`: what this machine offers, which backends can run and why others cannot. Changes nothing. */
import os from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { NODE_RANGE, VERSION } from '../../app/version.js';
import { type ExaminedBackend, examineBackends } from '../../backends/open.js';
import type { CommandModule } from '../command.js';
import { byteSize } from '../format.js';
import { formatTable } from '../table.js';

/** What `doctor --json` prints. Memory is in bytes. */
export interface DoctorReport {
  readonly version: 1;
  readonly plimsoll: string;
  readonly node: { readonly version: string; readonly required: string };
  readonly os: { readonly platform: string; readonly arch: string; readonly release: string };
  readonly cpu: { readonly model: string; readonly threads: number };
  readonly memory: { readonly total: number; readonly available: number; readonly heapLimit: number };
  readonly sharedArrayBuffer: boolean;
  readonly backends: readonly ExaminedBackend[];
}

export const command: CommandModule = {
  examples: ['doctor', 'doctor --json'],
  configure: (command) => {
    command.option('--json', 'print JSON');
  },
  run: async (parsed, io) => {
    const report = await examine();
    io.stdout.write(parsed.opts().json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
  },
};

async function examine(): Promise<DoctorReport> {
  return {
    version: 1,
    plimsoll: VERSION,
    node: { version: process.version, required: NODE_RANGE },
    os: { platform: process.platform, arch: process.arch, release: os.release() },
    cpu: { model: os.cpus()[0]?.model.trim() ?? 'unknown', threads: os.availableParallelism() },
    memory: { total: os.totalmem(), available: process.availableMemory(), heapLimit: getHeapStatistics().heap_size_limit },
    sharedArrayBuffer: typeof SharedArrayBuffer === 'function',
    backends: await examineBackends(),
  };
}

function describe(report: DoctorReport): string {
  const { node, os: system, cpu, memory } = report;
  const machine = [
    ['plimsoll', report.plimsoll],
    ['node', `${node.version} (needs ${node.required})`],
    ['system', `${system.platform} ${system.arch}, ${system.release}`],
    ['processor', `${cpu.model}, ${cpu.threads} threads`],
    [
      'memory',
      `${byteSize(memory.total)}, ${byteSize(memory.available)} available, JavaScript heap up to ${byteSize(memory.heapLimit)}`,
    ],
    ['shared memory', report.sharedArrayBuffer ? 'yes' : 'no'],
  ];
  const backends = report.backends.map(({ name, isAvailable, reason }) => [name, isAvailable ? 'yes' : 'no', reason]);
  return `${formatTable(['machine', ''], machine)}\n${formatTable(['backend', 'runs here', 'why'], backends)}`;
}
