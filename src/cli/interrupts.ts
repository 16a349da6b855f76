/** Turns Ctrl-C into an orderly end: commands register what must be closed. Knows nothing of signals themselves. */

type Hook = () => void | Promise<void>;

export class Interrupts {
  /** Resolves when every hook has run. */
  readonly done: Promise<void>;
  private readonly hooks = new Set<Hook>();
  private started = false;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A hook that fails after its command has ended has nobody left to tell.
    this.done.catch(() => undefined);
  }

  get requested(): boolean {
    return this.started;
  }

  /** What to do before the process ends, latest first. Returns the unregister. */
  onInterrupt(hook: Hook): () => void {
    this.hooks.add(hook);
    return () => this.hooks.delete(hook);
  }

  /** The first call runs the hooks; later ones change nothing. */
  interrupt(): void {
    if (this.started) return;
    this.started = true;
    this.runHooks().then(this.resolve, this.reject);
  }

  private async runHooks(): Promise<void> {
    for (const hook of [...this.hooks].reverse()) await hook();
  }
}
