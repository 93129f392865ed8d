import { afterEach, beforeEach, expect, it } from "vitest";
import * as tf from "@tensorflow/tfjs-core";
import { floats } from "../graph/tensor.ts";
import { sample } from "../ops/check-operator.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { openTfjs } from "./tfjs.ts";

let tensorsBefore = 0;
beforeEach(async () => {
  await openTfjs({ provider: "cpu", threads: 1 });
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

// First, since WASM is loaded once a process.
it("leaves the process's error handlers as they were", async () => {
  const before = process.listenerCount("unhandledRejection");
  await openTfjs({ provider: "wasm", threads: 1 });
  expect(process.listenerCount("unhandledRejection")).toBe(before);
});

function buildPicture(channels = 3) {
  const g = newGraphBuilder();
  const x = g.input("x", [1, channels, 6, 6]);
  const conv = g.add("Conv", [x, g.constant(sample([4, 3, 3, 3]))], {
    strides: [1, 1],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    group: 1,
  });
  const relu = g.add("Relu", [conv], {});
  return g.finish([g.add("Add", [relu, g.constant(floats([1], []))], {}), x]);
}

it.each(["wasm", "cpu"] as const)(
  "frees everything: constants with the executable, the rest with each run (%s)",
  async (provider) => {
    const backend = await openTfjs({ provider, threads: 1 });
    const executable = await backend.compile(buildPicture());
    const held = tf.memory().numTensors;
    expect(held).toBeGreaterThan(tensorsBefore);
    for (let i = 0; i < 3; i++)
      await executable.run({ x: sample([1, 3, 6, 6]).data });
    expect(tf.memory().numTensors).toBe(held);
    await executable.dispose();
  },
);

it("frees what a failed run had made, and cannot be run once disposed of", async () => {
  const backend = await openTfjs({ provider: "wasm", threads: 1 });
  const g = newGraphBuilder();
  const table = g.constant(floats([1, 2, 3]));
  const indices = g.input("indices", [2], "int64");
  const doubled = g.add("Add", [indices, indices], {});
  const executable = await backend.compile(
    g.finish([g.add("Gather", [table, doubled], { axis: 0 }, "lookup")]),
  );
  await expect(
    executable.run({ indices: Float64Array.of(0, 5) }),
  ).rejects.toThrow(/Gather "lookup".*10/);
  const [found] = await executable.run({ indices: Float64Array.of(0, 1) });
  expect([...found.data]).toEqual([1, 3]);
  await executable.dispose();
  await expect(
    executable.run({ indices: Float64Array.of(0, 1) }),
  ).rejects.toThrow("disposed");
});

it("runs executables of several providers in turn", async () => {
  const graph = buildPicture();
  const feeds = { x: sample([1, 3, 6, 6]).data };
  const executables = await Promise.all(
    (["wasm", "cpu"] as const).map(async (provider) =>
      (await openTfjs({ provider, threads: 1 })).compile(graph),
    ),
  );
  const runs = await Promise.all(
    [0, 1, 0, 1].map((index) => executables[index].run(feeds)),
  );
  for (const [out] of runs)
    out.data.forEach((value, i) =>
      expect(value).toBeCloseTo(runs[0][0].data[i], 5),
    );
  for (const executable of executables) await executable.dispose();
});
