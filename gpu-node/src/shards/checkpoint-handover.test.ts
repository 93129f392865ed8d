import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { emptyTrace } from "../search/search-trace.ts";
import { newCheckpointHandover } from "./checkpoint-handover.ts";
import { newShardBench, type ShardBench } from "./check-shards.ts";
import { decodeCheckpoint } from "./shard-checkpoint.ts";
import type { PatternOutcome } from "./shard.ts";

let bench: ShardBench;
beforeAll(async () => {
  bench = await newShardBench();
});

const stateAt = (step: number) => ({
  step,
  loss: step === 0 ? NaN : 1 / step,
  trace: emptyTrace,
  mask: Float32Array.from([0.1, 0.2]),
  canvas: Float32Array.from([0.3, 0.4, 0.5]),
});
const none = new Map<number, PatternOutcome>();

/** A handover whose receiver waits until it is told to go on. */
async function newHandover(signal = new AbortController().signal) {
  const received: Buffer[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const context = await bench.context({
    signal,
    async onCheckpoint(path) {
      received.push(await readFile(path));
      await new Promise<void>((resolve, reject) =>
        waiting.push({ resolve, reject }),
      );
    },
  });
  const handover = newCheckpointHandover("key", context);
  const steps = () =>
    received.map(
      (bytes) => decodeCheckpoint(bytes, "key")!.states[0].state.step,
    );
  /** @returns once as many were received */
  const arrived = (count: number) =>
    expect.poll(() => waiting.length, { interval: 1 }).toBe(count);
  return { context, handover, received, waiting, steps, arrived };
}

describe("checkpoints of a shard", () => {
  it("are handed over one at a time, the search waiting for none", async () => {
    const { context, handover, waiting, steps, arrived } = await newHandover();
    await handover.keep(none, new Map([[3, stateAt(1)]]));
    await handover.keep(none, new Map([[3, stateAt(2)]]));
    await arrived(1);
    waiting[0].resolve();
    await handover.settle();
    expect(await readdir(context.workDirectory)).toEqual([]);
    await handover.keep(none, new Map([[3, stateAt(3)]]));
    await arrived(2);
    waiting[1].resolve();
    await handover.settle();
    expect(steps()).toEqual([1, 3]);
  });

  it("come to the end when the shard yields, the last after the one before it", async () => {
    const controller = new AbortController();
    const { handover, waiting, steps, arrived } = await newHandover(
      controller.signal,
    );
    await handover.keep(none, new Map([[0, stateAt(1)]]));
    await arrived(1);
    controller.abort("yield");
    const yielding = handover.keep(none, new Map([[0, stateAt(2)]]));
    waiting[0].resolve();
    await arrived(2);
    waiting[1].resolve();
    await yielding;
    expect(steps()).toEqual([1, 2]);
  });

  it("are not made when it is to stop", async () => {
    const { handover, received } = await newHandover(AbortSignal.abort("stop"));
    await handover.keep(none, new Map([[0, stateAt(1)]]));
    await handover.settle();
    expect(received).toEqual([]);
  });

  it("that are not taken show at the next", async () => {
    const { handover, waiting, arrived } = await newHandover();
    await handover.keep(none, new Map([[0, stateAt(1)]]));
    await arrived(1);
    waiting[0].reject(new Error("no way there"));
    await expect(handover.settle()).rejects.toThrow("no way there");
    await expect(
      handover.keep(none, new Map([[0, stateAt(2)]])),
    ).rejects.toThrow("no way there");
  });

  it("hold states and the bytes of finished patterns' files as they were", async () => {
    const { context, handover, received, waiting, arrived } =
      await newHandover();
    const write = async (name: string) => {
      const path = join(context.workDirectory, name);
      await writeFile(path, `bytes of ${name}`);
      return path;
    };
    const measured = {
      identity: { targetClass: 1, canvasIndex: 2, seed: 3 },
      steps: 4,
      imageGradients: 16,
      maskL1: 0.1 + 0.2,
      topPixels: [2, 1],
      predictivePower: [],
      sourceToTarget: [],
      kStar: null,
      wallMs: 5,
      trace: { steps: [1, 4], loss: [2, 1], maskL1: [1, 0.3] },
    };
    const pattern: PatternOutcome = {
      ...measured,
      mask: await write("mask"),
      canvas: await write("canvas"),
      pattern: await write("pattern"),
      heatmap: await write("heatmap"),
    };
    await handover.keep(
      new Map([[7, pattern]]),
      new Map([
        [0, stateAt(0)],
        [9, stateAt(3)],
      ]),
    );
    await arrived(1);
    waiting[0].resolve();
    await handover.settle();
    const bytes = (name: string) => Buffer.from(`bytes of ${name}`);
    expect(decodeCheckpoint(received[0], "key")).toEqual({
      patterns: [
        {
          position: 7,
          measured,
          files: {
            mask: bytes("mask"),
            canvas: bytes("canvas"),
            pattern: bytes("pattern"),
            heatmap: bytes("heatmap"),
          },
        },
      ],
      states: [
        { position: 0, state: stateAt(0) },
        { position: 9, state: stateAt(3) },
      ],
    });
    expect(decodeCheckpoint(received[0], "another key")).toBeNull();
  });
});
