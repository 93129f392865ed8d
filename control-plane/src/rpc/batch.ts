/** Gathers what many nodes send within a moment, so that the database sees one transaction instead of hundreds. */
import { setTimeout as sleep } from "node:timers/promises";

export interface BatchOptions<Item> {
  /** Items in one call of `flush`. */
  readonly most: number;
  /** How long the first of a batch waits for others. While a flush runs they gather by themselves. */
  readonly waitMs: number;
  /** One call at a time. Deals with its own errors: it must not reject. */
  flush(items: readonly Item[]): Promise<void>;
}

export class Batch<Item> {
  readonly #options: BatchOptions<Item>;
  #items: Item[] = [];
  #running: Promise<void> | undefined;
  #isFull: (() => void) | undefined;

  constructor(options: BatchOptions<Item>) {
    this.#options = options;
  }

  /** Whoever adds bounds how much: it waits for answers before it adds more. */
  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= this.#options.most) this.#isFull?.();
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when nothing is left to flush. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { most, waitMs } = this.#options;
    if (this.#items.length < most) await this.#gather(waitMs);
    while (this.#items.length > 0)
      await this.#options.flush(this.#items.splice(0, most));
  }

  async #gather(waitMs: number): Promise<void> {
    const full = new AbortController();
    this.#isFull = () => full.abort();
    await sleep(waitMs, undefined, { signal: full.signal }).catch(() => {});
    this.#isFull = undefined;
  }
}
