/**
 * What took long to open, kept for the next shard that wants the same. Each is lent to one shard at a time; of those that nobody
 * has, the last few are kept.
 */

export interface OpenedCache<T extends { close(): Promise<void> }> {
  /** @param open called where none is free @returns it, and whether it was opened now */
  borrow(
    key: string,
    open: () => Promise<T>,
  ): Promise<{ readonly value: T; readonly isNew: boolean }>;
  /** @param isSound whether it may be used again */
  giveBack(key: string, value: T, isSound: boolean): Promise<void>;
  close(): Promise<void>;
}

/** @param mostIdle how many are kept that nobody has */
export function newOpenedCache<T extends { close(): Promise<void> }>(
  mostIdle: number,
): OpenedCache<T> {
  /** Longest unused first. */
  const idle: { readonly key: string; readonly value: T }[] = [];
  return {
    async borrow(key, open) {
      const at = idle.findLastIndex((entry) => entry.key === key);
      const [found] = at < 0 ? [] : idle.splice(at, 1);
      return found
        ? { value: found.value, isNew: false }
        : { value: await open(), isNew: true };
    },
    async giveBack(key, value, isSound) {
      if (!isSound) return value.close();
      idle.push({ key, value });
      if (idle.length > mostIdle) await idle.shift()!.value.close();
    },
    async close() {
      for (const { value } of idle.splice(0)) await value.close();
    },
  };
}
