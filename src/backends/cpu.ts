/** The `cpu` backend: the same loops as `js` in native code, on every thread and with the widest registers of the machine. */
import { availableParallelism } from 'node:os';
import type { Backend, Pass, Sweep } from '../scan/backend.js';
import type { Addon, CpuHandle } from './native.js';
import { Request } from './request.js';
import { RetierRequest } from './retier-request.js';

export const VARIANTS = ['widest', 'baseline', 'avx2', 'avx512'] as const;
export type Variant = (typeof VARIANTS)[number];

export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly findsNear = true;
  readonly threads: number;
  /** What the processor has of what was asked for. */
  readonly variant: Variant;
  private readonly addon: Addon;
  private handle: CpuHandle | null;
  private readonly request: Request;
  private readonly retierRequest: RetierRequest;

  constructor(addon: Addon, threads = availableParallelism(), variant: Variant = 'widest') {
    this.addon = addon;
    this.handle = addon.cpuOpen(threads, VARIANTS.indexOf(variant));
    this.threads = addon.cpuThreads(this.handle);
    this.variant = VARIANTS[addon.cpuVariant(this.handle)];
    this.request = new Request(addon.addressOf);
    this.retierRequest = new RetierRequest(addon.addressOf);
  }

  /** Blocks the calling thread, which does its share. */
  scan(pass: Pass): void {
    if (this.handle === null) throw new Error('expected an open backend');
    this.request.write(pass);
    this.addon.cpuScan(this.handle, this.request.bytes);
    this.request.read(pass);
  }

  readonly retier = (sweep: Sweep): Uint32Array => {
    if (this.handle === null) throw new Error('expected an open backend');
    this.retierRequest.write(sweep);
    this.addon.cpuRetier(this.handle, this.retierRequest.bytes);
    return this.retierRequest.read();
  };

  /** The threads end when the handle is collected. */
  close(): void {
    this.handle = null;
  }
}
