/**
 * The `cuda` backend: the book resident on GPUs, behind a library that is opened at run time. When a device fails, another backend scans that very
 * tick and those after it, and an alert says so, until it is told to come back.
 */
import type { Backend, BackendName, Pass } from '../scan/backend.js';
import { Shelf } from '../store/shelf.js';
import type { Addon, CudaHandle } from './native.js';
import { Request } from './request.js';

/** Of the CudaScanCost that a scan leaves. */
const COST_BYTES = 32;

/** What the last scan took. */
export interface CudaCost {
  /** From the copy of the tick to the last result on the device, uploads aside. */
  readonly deviceMicroseconds: number;
  readonly uploadedBytes: number;
  readonly residentBytes: number;
}

export interface CudaOptions {
  readonly addon: Addon;
  readonly libraryPath: string;
  /** By index, as the probe has them. */
  readonly devices: readonly number[];
  /** Scans when no device does. */
  readonly fallback: Backend;
  readonly onAlert: (text: string) => void;
}

export class CudaBackend implements Backend {
  readonly findsNear = false;
  /** On the host, where the exact columns are; what it changes is uploaded with the next scan. */
  readonly retier: Backend['retier'];
  private readonly options: CudaOptions;
  private readonly request: Request;
  private handle: CudaHandle | null = null;
  private dirty = new Uint32Array(2048);
  private readonly costView = new DataView(new ArrayBuffer(COST_BYTES));
  private readonly cost = new Uint8Array(this.costView.buffer);

  /** Throws what the library or a device has to say when there is nothing to scan on. */
  constructor(options: CudaOptions) {
    this.options = options;
    this.retier = options.fallback.retier;
    this.request = new Request(options.addon.addressOf);
    this.handle = this.open();
  }

  /** Of what scans now. */
  get name(): BackendName {
    return this.handle === null ? this.options.fallback.name : 'cuda';
  }

  get lastCost(): CudaCost {
    const { costView } = this;
    return {
      deviceMicroseconds: costView.getFloat64(0, true),
      uploadedBytes: Number(costView.getBigUint64(8, true)),
      residentBytes: Number(costView.getBigUint64(16, true)),
    };
  }

  scan(pass: Pass): void {
    if (this.handle === null || !this.scanOnDevice(this.handle, pass)) this.options.fallback.scan(pass);
  }

  /** Tries the devices again after a failure: the next scan uploads the whole book. Throws why they cannot be had. */
  resume(): void {
    this.handle ??= this.open();
  }

  close(): void {
    if (this.handle !== null) this.options.addon.cudaClose(this.handle);
    this.handle = null;
    this.options.fallback.close();
  }

  private open(): CudaHandle {
    const { addon, libraryPath, devices } = this.options;
    return addon.cudaOpen(libraryPath, Uint32Array.from(devices));
  }

  /** False after a failure: nothing of what the device may have found is taken. */
  private scanOnDevice(handle: CudaHandle, pass: Pass): boolean {
    const { addon, onAlert, fallback } = this.options;
    this.request.write(pass);
    const count = this.drain(pass);
    try {
      addon.cudaScan(handle, this.request.bytes, this.dirty, count, this.cost);
    } catch (error) {
      this.handle = null;
      addon.cudaClose(handle);
      onAlert(
        `cuda: ${error instanceof Error ? error.message : String(error)}; ${fallback.name} scans until it is told to resume`,
      );
      return false;
    }
    this.request.read(pass);
    return true;
  }

  /** Slices that changed since the last scan, two numbers each; returns how many. */
  private drain({ shelves }: Pass): number {
    let count = 0;
    for (const [index, shelf] of shelves.entries()) {
      if (!(shelf instanceof Shelf)) continue;
      const slices = shelf.drainDirty();
      if (2 * (count + slices.length) > this.dirty.length) {
        const grown = new Uint32Array(Math.max(2 * this.dirty.length, 2 * (count + slices.length)));
        grown.set(this.dirty.subarray(0, 2 * count));
        this.dirty = grown;
      }
      for (const slice of slices) {
        this.dirty[2 * count] = index;
        this.dirty[2 * count + 1] = slice;
        count += 1;
      }
    }
    return count;
  }
}
