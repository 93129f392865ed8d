/**
 * Slows down who tries tokens: an address that has failed often is refused for the rest of the minute without a look into the
 * database. Bounded memory; addresses that failed longest ago are forgotten first.
 */

export interface FailureLimitOptions {
  readonly mostFailures: number;
  readonly windowMs: number;
  readonly mostAddresses: number;
}

const defaults: FailureLimitOptions = {
  mostFailures: 20,
  windowMs: 60_000,
  mostAddresses: 10_000,
};

export class FailureLimit {
  readonly #windows = new Map<string, { began: number; failures: number }>();
  readonly #options: FailureLimitOptions;

  constructor(options: FailureLimitOptions = defaults) {
    this.#options = options;
  }

  /** @returns milliseconds until the address may try again; 0 where it may now */
  waitMs(address: string, now: number): number {
    const { mostFailures, windowMs } = this.#options;
    const window = this.#windows.get(address);
    if (!window || window.failures < mostFailures) return 0;
    return Math.max(0, window.began + windowMs - now);
  }

  recordFailure(address: string, now: number): void {
    const { windowMs, mostAddresses } = this.#options;
    const known = this.#windows.get(address);
    const isOver = known === undefined || now - known.began >= windowMs;
    const window = isOver ? { began: now, failures: 0 } : known;
    window.failures++;
    this.#windows.delete(address);
    this.#windows.set(address, window);
    if (this.#windows.size > mostAddresses)
      this.#windows.delete(this.#windows.keys().next().value!);
  }
}
