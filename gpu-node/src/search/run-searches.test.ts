import { describe, expect, it } from "vitest";
import {
  floats,
  referenceBackend,
  type GraphBuilder,
  type Value,
} from "../engine/index.ts";
import { newBatchOrder } from "./batch-order.ts";
import type { ImageSource } from "./image-source.ts";
import {
  runSearches,
  type FinishedSearch,
  type RunOptions,
  type Search,
  type SearchIdentity,
  type SearchState,
  type UnfinishedSearch,
} from "./run-searches.ts";
import { emptyTrace } from "./search-trace.ts";
import { presets } from "./settings.ts";
import { buildStepGraph } from "./step-graph.ts";

const numClasses = 3;
const imageShape = [1, 4, 4] as const;
const pixels = 16;
const settings = { ...presets.official, steps: 12, batchSize: 3 };
let clock = 0;
const now = () => clock++;

/** Each class likes the pixels whose index it divides; a Relu gives it kinks. @param offset makes Log see negative numbers */
const classifier = (offset = NaN) => ({
  imageShape,
  numClasses,
  addLogits(g: GraphBuilder, images: Value): Value {
    let flat = g.add("Reshape", [images], { shape: [images.shape[0], pixels] });
    if (!Number.isNaN(offset))
      flat = g.add("Log", [g.add("Sub", [flat, g.scalar(offset)], {})], {});
    const weights = floats(
      Array.from({ length: pixels * numClasses }, (_, i) =>
        Math.floor(i / numClasses) % numClasses === i % numClasses ? 1 : -0.3,
      ),
      [pixels, numClasses],
    );
    return g.add(
      "Relu",
      [g.add("MatMul", [flat, g.constant(weights)], {})],
      {},
    );
  },
});

/** Twenty images of numbers that repeat nowhere. */
const images: ImageSource = {
  async read(indices, into, offset) {
    indices.forEach((index, i) => {
      for (let p = 0; p < pixels; p++)
        into[offset + i * pixels + p] =
          0.5 + 0.5 * Math.sin(index * 13.7 + p * 1.9);
    });
  },
};

function search(
  identity: SearchIdentity,
  start: Partial<SearchState> = {},
): Search {
  const { targetClass, canvasIndex, seed } = identity;
  return {
    identity,
    start: {
      step: 0,
      mask: new Float32Array(pixels).fill(0.5),
      canvas: Float32Array.from(
        { length: pixels },
        (_, p) => 0.5 + 0.5 * Math.sin(canvasIndex + p * 0.7),
      ),
      loss: NaN,
      trace: emptyTrace,
      ...start,
    },
    images: Int32Array.from({ length: 20 }, (_, i) => i),
    order: newBatchOrder(20, settings.batchSize, [
      seed,
      targetClass,
      canvasIndex,
    ]),
  };
}

async function run(
  searches: Iterable<Search>,
  pack: number,
  options: Partial<RunOptions> = {},
  offset = NaN,
  onFinished: () => void = () => undefined,
): Promise<FinishedSearch[]> {
  const graph = buildStepGraph(classifier(offset), {
    pack,
    batchSize: settings.batchSize,
    alpha: settings.alpha,
    withCanvasGradient: false,
  });
  const executable = await referenceBackend().compile(graph);
  const finished: FinishedSearch[] = [];
  const running = runSearches(
    searches,
    executable,
    images,
    settings,
    { pack, numClasses, imageShape },
    { now, ...options },
  );
  for await (const each of running) {
    onFinished();
    finished.push(each);
  }
  return finished;
}

const identities: SearchIdentity[] = [0, 1, 2, 0, 1].map(
  (targetClass, canvasIndex) => ({ targetClass, canvasIndex, seed: 7 }),
);

describe("a pack of searches", () => {
  it("gives each search the bytes that it has alone, whatever shares its pack and wherever it stands in it", async () => {
    const packed = await run(
      identities.map((identity) => search(identity)),
      2,
    );
    const reversed = await run(
      identities.toReversed().map((identity) => search(identity)),
      2,
    );
    expect(packed).toHaveLength(identities.length);
    for (const identity of identities) {
      const [alone] = await run([search(identity)], 2);
      for (const each of [packed, reversed])
        expect(
          each.find((finished) => finished.identity === identity)!.state,
        ).toEqual(alone.state);
    }
  });

  it("goes on from a checkpoint as if it had never stopped", async () => {
    const [whole] = await run([search(identities[1])], 2);
    const controller = new AbortController();
    const kept: SearchState[] = [];
    let steps = 0;
    await expect(
      run([search(identities[1])], 2, {
        signal: controller.signal,
        onStep: () => void (++steps === 5 && controller.abort()),
        onCheckpoint: async (searches) =>
          void kept.push(...searches.map(({ state }) => state)),
      }),
    ).rejects.toThrow(/abort/i);
    expect(kept.map(({ step }) => step)).toEqual([5]);
    const [resumed] = await run([search(identities[1], kept[0])], 2);
    expect(resumed.state).toEqual(whole.state);
  });

  it("keeps a finished search that whoever asked for it left in the midst of", async () => {
    const [whole] = await run([search(identities[1])], 2);
    const kept: UnfinishedSearch[] = [];
    const leaving = run(
      [search(identities[1]), search(identities[0])],
      2,
      { onCheckpoint: async (searches) => void kept.push(...searches) },
      NaN,
      () => {
        throw new Error("left");
      },
    );
    await expect(leaving).rejects.toThrow("left");
    expect(kept.map(({ identity }) => identity)).toEqual([
      identities[1],
      identities[0],
    ]);
    expect(kept[0].state).toEqual(whole.state);
    const [resumed] = await run([search(identities[1], kept[0].state)], 2);
    expect(resumed.state).toEqual(whole.state);
  });

  it("traces the loss that it makes smaller and the size of its mask, step by step", async () => {
    const states: SearchState[] = [];
    const [{ state }] = await run([search(identities[1])], 2, {
      checkpointMs: 0,
      onCheckpoint: async ([{ state }]) => void states.push(state),
    });
    const { trace } = state;
    expect(trace.steps).toEqual(
      Array.from({ length: settings.steps }, (_, i) => i + 1),
    );
    const sum = (values: Float32Array) =>
      values.reduce((total, value) => total + value, 0);
    expect(trace.loss).toEqual(states.map(({ loss }) => loss));
    expect(trace.maskL1).toEqual(states.map(({ mask }) => sum(mask)));
    expect(trace.maskL1.at(-1)).toBe(sum(state.mask));
    expect(trace.loss.at(-1)).toBeLessThan(trace.loss[0]);
  });

  it("keeps checkpoints as often as asked while it runs", async () => {
    const kept: number[] = [];
    await run(
      identities.map((identity) => search(identity)),
      2,
      {
        checkpointMs: 0,
        onCheckpoint: async (searches) =>
          void kept.push(...searches.map(({ state }) => state.step)),
      },
    );
    expect(kept.length).toBeGreaterThan(settings.steps);
  });

  it("stops with the class and canvas of a loss that is not a number", async () => {
    const failing = run(
      identities.map((identity) => search(identity)),
      2,
      {},
      0.4,
    );
    await expect(failing).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringMatching(
        /class \d, canvas \d: the loss is NaN at step \d+/,
      ) as unknown,
    });
  });

  it("keeps every mask value in 0…1", async () => {
    for (const { state } of await run(
      identities.map((identity) => search(identity)),
      3,
    ))
      expect(state.mask.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
