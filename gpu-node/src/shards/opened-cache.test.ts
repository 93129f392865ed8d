import { describe, expect, it } from "vitest";
import { newOpenedCache } from "./opened-cache.ts";

const never = new AbortController().signal;

/** A cache, and what was opened and disposed of. */
function newCache(mostIdle: number, isShared: boolean) {
  const cache = newOpenedCache<number>({ mostIdle, isShared });
  const events: string[] = [];
  let opened = 0;
  const borrow = (key: string, signal = never) =>
    cache.borrow(key, signal, async () => {
      const value = opened++;
      events.push(`open ${key}`);
      return {
        value,
        dispose: async () => void events.push(`dispose ${key}`),
      };
    });
  return { cache, events, borrow };
}

describe("what shards open", () => {
  it("is opened once for all that may share it, also while it is being opened", async () => {
    const { events, borrow } = newCache(1, true);
    const [a, b] = await Promise.all([borrow("x"), borrow("x")]);
    expect(a.value).toBe(b.value);
    expect([a.wasOpen, b.wasOpen]).toEqual([false, true]);
    await a.release();
    await b.release();
    expect((await borrow("x")).wasOpen).toBe(true);
    expect(events).toEqual(["open x"]);
  });

  it("is each borrower's own where it cannot be shared, and used again afterwards", async () => {
    const { events, borrow } = newCache(2, false);
    const [a, b] = await Promise.all([borrow("x"), borrow("x")]);
    expect(a.value).not.toBe(b.value);
    await a.release();
    const again = await borrow("x");
    expect(again.value).toBe(a.value);
    await again.release();
    await b.release();
    expect(events).toEqual(["open x", "open x"]);
  });

  it("is freed when more lies idle than is kept, the longest idle first, never what is in use", async () => {
    const { events, borrow } = newCache(2, true);
    const [a, b, c, d] = [
      await borrow("a"),
      await borrow("b"),
      await borrow("c"),
      await borrow("d"),
    ];
    await b.release();
    await a.release();
    expect(events).not.toContain("dispose b");
    await (await borrow("b")).release();
    await c.release();
    expect(events.slice(4)).toEqual(["dispose a"]);
    await d.release();
    expect(events.slice(5)).toEqual(["dispose b"]);
  });

  it("is freed at the end, what is in use when it is given back", async () => {
    const { cache, events, borrow } = newCache(2, true);
    const a = await borrow("a");
    await (await borrow("b")).release();
    await cache.close();
    expect(events.slice(2)).toEqual(["dispose b"]);
    await a.release();
    expect(events.slice(3)).toEqual(["dispose a"]);
  });

  it("is opened by another where whoever opened it was aborted", async () => {
    const { borrow, cache } = newCache(2, true);
    const controller = new AbortController();
    const aborted = cache.borrow(
      "x",
      controller.signal,
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted"))),
        ),
    );
    const waiting = borrow("x");
    controller.abort("stop");
    await expect(aborted).rejects.toBe("stop");
    expect((await waiting).wasOpen).toBe(false);
  });

  it("that cannot be opened is tried anew the next time", async () => {
    const { borrow, cache } = newCache(2, true);
    const failing = cache.borrow("x", never, async () => {
      throw new Error("no room");
    });
    const waiting = borrow("x");
    await expect(failing).rejects.toThrow("no room");
    await expect(waiting).rejects.toThrow("no room");
    expect((await borrow("x")).wasOpen).toBe(false);
  });
});
