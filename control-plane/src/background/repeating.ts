/** Work that comes again and again, never twice at once: at a regular time, and sooner when it is woken. */
import { setTimeout as sleep } from "node:timers/promises";

export interface RepeatingOptions {
  readonly everyMs: number;
  /**
   * How long it rests after each time, in times of what it took: who is woken all the time, then, does more at once instead of
   * keeping others from their work. None by default.
   */
  readonly rest?: number;
  /** Told what went wrong; it goes on. */
  readonly onTrouble: (error: unknown) => void;
}

export class Repeating {
  readonly #work: () => Promise<void>;
  readonly #options: RepeatingOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  readonly #stop = new AbortController();

  constructor(work: () => Promise<void>, options: RepeatingOptions) {
    this.#work = work;
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => this.wake(), this.#options.everyMs).unref();
  }

  /** Now, or right after what is running. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isWoken = true;
    this.#running ??= this.#run();
  }

  /** Resolves when what is running has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      const began = performance.now();
      try {
        await this.#work();
      } catch (error) {
        this.#isWoken = false;
        this.#options.onTrouble(error);
      }
      await this.#rest(performance.now() - began);
    }
    this.#running = undefined;
    if (!this.#isStopped) this.start();
  }

  async #rest(tookMs: number): Promise<void> {
    const { rest = 0, everyMs } = this.#options;
    if (rest > 0)
      await sleep(Math.min(everyMs, rest * tookMs), undefined, {
        signal: this.#stop.signal,
      }).catch(() => {});
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }
}
