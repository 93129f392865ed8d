/** Work that comes again and again, never twice at once: at a regular time, and sooner when it is woken. */

export interface RepeatingOptions {
  readonly everyMs: number;
  /** Told what went wrong; it goes on. */
  readonly onTrouble: (error: unknown) => void;
}

export class Repeating {
  readonly #work: () => Promise<void>;
  readonly #options: RepeatingOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = false;

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
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      try {
        await this.#work();
      } catch (error) {
        this.#isWoken = false;
        this.#options.onTrouble(error);
      }
    }
    this.#running = undefined;
    if (!this.#isStopped) this.start();
  }
}
