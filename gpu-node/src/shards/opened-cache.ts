/**
 * Things that take long to open, kept for the next shard that needs the same: by a key that holds all they depend on, bounded,
 * the one that was idle longest freed first. What is in use is never freed, and does not count as kept.
 */

export interface Opened<Value> {
  readonly value: Value;
  dispose(): Promise<void>;
}

export interface Borrowed<Value> {
  readonly value: Value;
  /** Whether it was there already. */
  readonly wasOpen: boolean;
  /** To be called once. */
  release(): Promise<void>;
}

export interface OpenedCache<Value> {
  /**
   * @param open told the borrower's own signal
   * @throws whatever `open` throws; the signal's reason when aborted
   */
  borrow(
    key: string,
    signal: AbortSignal,
    open: (signal: AbortSignal) => Promise<Opened<Value>>,
  ): Promise<Borrowed<Value>>;
  /** Frees what is idle, and from now on each thing as it is given back. */
  close(): Promise<void>;
}

interface Entry<Value> {
  readonly key: string;
  readonly opening: Promise<Opened<Value>>;
  /** Of the borrower who opens it: when it is aborted, the others open it themselves. */
  readonly openerSignal: AbortSignal;
  users: number;
}

/**
 * @param options.mostIdle how many idle things are kept
 * @param options.isShared whether several may use a thing at once; otherwise each has one of its own
 */
export function newOpenedCache<Value>(options: {
  readonly mostIdle: number;
  readonly isShared: boolean;
}): OpenedCache<Value> {
  let { mostIdle } = options;
  /** The idle among them in the order in which they fell idle. */
  const entries = new Set<Entry<Value>>();

  const trim = async () => {
    const idle = [...entries].filter(({ users }) => users === 0);
    const surplus = idle.slice(0, Math.max(0, idle.length - mostIdle));
    for (const entry of surplus) entries.delete(entry);
    for (const entry of surplus) await (await entry.opening).dispose();
  };

  const find = (key: string) =>
    [...entries].findLast(
      (entry) => entry.key === key && (options.isShared || entry.users === 0),
    );

  return {
    async borrow(key, signal, open) {
      for (;;) {
        signal.throwIfAborted();
        const found = find(key);
        const entry = found ?? {
          key,
          opening: open(signal),
          openerSignal: signal,
          users: 0,
        };
        if (!found) entries.add(entry);
        entry.users++;
        let opened: Opened<Value>;
        try {
          opened = await entry.opening;
        } catch (error) {
          entries.delete(entry);
          signal.throwIfAborted();
          if (found && entry.openerSignal.aborted) continue;
          throw error;
        }
        return {
          value: opened.value,
          wasOpen: found !== undefined,
          async release() {
            entry.users--;
            if (entry.users > 0) return;
            entries.delete(entry);
            entries.add(entry);
            await trim();
          },
        };
      }
    },
    async close() {
      mostIdle = 0;
      await trim();
    },
  };
}
