import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { searchLocally } from "../local/search-locally.ts";
import type { PatternResult } from "../report/result.ts";
import {
  backend,
  contentOf,
  identities,
  newShardBench,
  search,
  watched,
  type ShardBench,
} from "./check-shards.ts";

let bench: ShardBench;
let whole: Awaited<ReturnType<typeof contentOf>>[];
beforeAll(async () => {
  bench = await newShardBench();
  const outcome = await search(
    bench.newRunner(),
    bench.searchWork(),
    await bench.context(),
  );
  whole = await Promise.all(outcome.patterns.map(contentOf));
});

/** Aborts for `reason` as the `runs`th run of an executable begins. */
async function interrupt(
  reason: "stop" | "yield",
  runs: number,
  checkpointPath?: string,
) {
  const controller = new AbortController();
  const handedOver: Buffer[] = [];
  const done: number[] = [];
  let count = 0;
  const running = search(
    bench.newRunner(),
    bench.searchWork(),
    await bench.context({
      backend: watched(() => {
        if (++count === runs) controller.abort(reason);
      }),
      signal: controller.signal,
      onProgress: (share) => void done.push(share),
      onCheckpoint: async (path) => void handedOver.push(await readFile(path)),
      ...(checkpointPath !== undefined && { checkpointPath }),
    }),
  );
  await expect(running).rejects.toBe(reason);
  return { handedOver, done, runs: count };
}

async function resume(checkpoint: Buffer) {
  const checkpointPath = join(bench.folder, "checkpoint");
  await writeFile(checkpointPath, checkpoint);
  let runs = 0;
  const done: number[] = [];
  const outcome = await search(
    bench.newRunner(),
    bench.searchWork(),
    await bench.context({
      backend: watched(() => void runs++),
      onProgress: (share) => void done.push(share),
      checkpointPath,
    }),
  );
  return {
    patterns: await Promise.all(outcome.patterns.map(contentOf)),
    runs,
    done,
  };
}

describe("a shard of searches", () => {
  it("gives what a local search gives, byte for byte, apart from times", async () => {
    const outDirectory = join(bench.folder, "local");
    const { settings, pack, evaluateImages, threshold, model, dataset } =
      bench.searchWork();
    const { result } = await searchLocally(
      {
        modelPath: model.path,
        datasetPath: dataset.path,
        outDirectory,
        classes: "all",
        settings,
        seed: 0,
        pack,
        evaluateImages,
        threshold,
        backend,
      },
      { signal: new AbortController().signal, now: () => performance.now() },
    );
    /** The one thing that a local search does not keep. */
    const traceOf = (i: number) => ({ trace: whole[i].trace });
    const toOutcome = (pattern: PatternResult) => {
      const { targetClass, canvasIndex, seed, images, mask, ...rest } = pattern;
      const paths = { mask, ...images };
      return {
        identity: { targetClass, canvasIndex, seed },
        ...rest,
        mask: join(outDirectory, paths.mask),
        canvas: join(outDirectory, paths.canvas),
        pattern: join(outDirectory, paths.pattern),
        heatmap: join(outDirectory, paths.heatmap),
      };
    };
    for (const pattern of result.patterns)
      expect(Object.keys(pattern)).not.toContain("trace");
    expect(
      await Promise.all(
        result.patterns
          .map((pattern, i) => ({ ...toOutcome(pattern), ...traceOf(i) }))
          .map(contentOf),
      ),
    ).toEqual(whole);
  });

  it.each([[1], [2], [4], [5]])(
    "gives the same bytes in shards of %i searches, in any order, several at once in one process",
    async (size) => {
      const runner = bench.newRunner();
      const all = identities(2).reverse();
      const cuts = Array.from(
        { length: Math.ceil(all.length / size) },
        (_, i) => all.slice(i * size, (i + 1) * size),
      );
      const outcomes = await Promise.all(
        cuts.map(async (searches) =>
          search(runner, bench.searchWork({ searches }), await bench.context()),
        ),
      );
      const patterns = outcomes.flatMap((outcome) => outcome.patterns);
      expect(await Promise.all(patterns.map(contentOf))).toEqual(
        whole.toReversed(),
      );
    },
  );

  it("says how each search went, to the mask that it ended with", () => {
    for (const { trace, maskL1, steps } of whole) {
      expect(trace.steps).toHaveLength(30);
      expect([trace.steps[0], trace.steps.at(-1)]).toEqual([1, steps]);
      expect(trace.loss).toHaveLength(30);
      expect(trace.maskL1.at(-1)).toBe(maskL1);
    }
  });

  it("tells how far it is, from 0 to 1 and never back", async () => {
    const done: number[] = [];
    await search(
      bench.newRunner(),
      bench.searchWork(),
      await bench.context({ onProgress: (share) => void done.push(share) }),
    );
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done[0]).toBeLessThan(0.1);
    expect(done.at(-1)).toBe(1);
    expect(done.at(-2)).toBeCloseTo(1, 6);
  });

  it("computes with the backend that it asks for, and with the node's own where it does not matter", async () => {
    const runner = bench.newRunner();
    const asked = { ...backend, provider: "asked for" };
    let opened = 0;
    const other = (await import("./shard.ts")).newShardRunner({
      openBackend: async (name) => {
        expect(name).toBe("tfjs:wasm");
        opened++;
        return asked;
      },
    });
    const work = bench.searchWork({ searches: identities(1).slice(0, 1) });
    const own = await search(runner, work, await bench.context());
    expect(own.backend.provider).toBe("cpu");
    for (let i = 0; i < 2; i++) {
      const outcome = await search(
        other,
        { ...work, backend: "tfjs:wasm" },
        await bench.context(),
      );
      expect(outcome.backend.provider).toBe("asked for");
    }
    expect(opened).toBe(1);
    await other.close();
  });
});

describe("a shard that yields", () => {
  // Runs: 5 of clean images, 30 steps of the first four searches, 9 for each of their patterns, 30 steps of the other two.
  it.each([
    ["in the midst of its first searches", 12],
    ["in the midst of an evaluation", 38],
    ["with some patterns done", 85],
  ])("%s is gone on with elsewhere to the same bytes", async (_, runs) => {
    const first = await interrupt("yield", runs);
    expect(first.handedOver).toHaveLength(1);
    const second = await resume(first.handedOver[0]);
    expect(second.patterns).toEqual(whole);
    expect(second.done).toEqual(second.done.toSorted((a, b) => a - b));
    expect(second.done.at(-1)).toBe(1);
    const { runs: fromStart } = await resume(Buffer.alloc(0));
    expect(second.runs).toBeLessThan(fromStart);
  });

  it("hands over what it had not come to yet as it got it", async () => {
    const first = await interrupt("yield", 20);
    const path = join(bench.folder, "earlier");
    await writeFile(path, first.handedOver[0]);
    const second = await interrupt("yield", 6, path);
    expect((await resume(second.handedOver[0])).patterns).toEqual(whole);
  });

  it.each([
    ["a bit of which is wrong", (bytes: Buffer) => flip(bytes, 200)],
    ["the end of which is missing", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["that is empty", () => Buffer.alloc(0)],
  ])(
    "leaves a checkpoint; from one %s the shard starts again",
    async (_, damage) => {
      const { handedOver } = await interrupt("yield", 12);
      const damaged = await resume(damage(handedOver[0]));
      expect(damaged.patterns).toEqual(whole);
      expect(damaged.runs).toBe((await resume(Buffer.alloc(0))).runs);
    },
  );

  it("leaves a checkpoint of no use to other work", async () => {
    const { handedOver } = await interrupt("yield", 85);
    const checkpointPath = join(bench.folder, "other");
    await writeFile(checkpointPath, handedOver[0]);
    const work = bench.searchWork();
    const outcome = await search(
      bench.newRunner(),
      { ...work, settings: { ...work.settings, alpha: 0.3 } },
      await bench.context({ checkpointPath }),
    );
    expect((await contentOf(outcome.patterns[0])).files).not.toEqual(
      whole[0].files,
    );
  });
});

describe("a shard that is to stop", () => {
  it.each([
    ["while it predicts clean images", 2],
    ["between two steps", 12],
    ["in the midst of an evaluation", 38],
  ])("%s leaves at once, without a checkpoint", async (_, runs) => {
    const stopped = await interrupt("stop", runs);
    expect(stopped.handedOver).toEqual([]);
    expect(stopped.runs).toBe(runs);
  });

  it("before it begins does nothing", async () => {
    const context = await bench.context({ signal: AbortSignal.abort("stop") });
    await expect(
      bench.newRunner().run({ kind: "noop", waitMs: 60_000 }, context),
    ).rejects.toBe("stop");
    await expect(
      bench.newRunner().run(bench.searchWork(), context),
    ).rejects.toBe("stop");
  });

  it("while it does nothing stops at once", async () => {
    const controller = new AbortController();
    const context = await bench.context({ signal: controller.signal });
    const waiting = bench
      .newRunner()
      .run({ kind: "noop", waitMs: 60_000 }, context);
    controller.abort("stop");
    await expect(waiting).rejects.toBe("stop");
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at] ^= 1;
  return damaged;
}
