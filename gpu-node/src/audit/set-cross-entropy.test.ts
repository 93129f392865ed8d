import { expect, it } from "vitest";
import {
  newGraphBuilder,
  onnxruntimeBackend,
  referenceBackend,
  valueAndGrad,
  type Backend,
} from "../engine/index.ts";
import { addSetCrossEntropy } from "./set-cross-entropy.ts";

async function measure(
  backend: Backend,
  logits: number[][],
  wanted: number[][],
): Promise<{ loss: number[]; gradient: number[] }> {
  const shape = [logits.length, logits[0].length];
  const g = newGraphBuilder();
  const inputs = [g.input("logits", shape), g.input("wanted", shape)];
  const loss = addSetCrossEntropy(g, inputs[0], inputs[1]);
  const executable = await backend.compile(
    valueAndGrad(g.finish([loss]), loss, [inputs[0]]),
  );
  const [first, second] = await executable.run({
    logits: Float32Array.from(logits.flat()),
    wanted: Float32Array.from(wanted.flat()),
  });
  await executable.dispose();
  return { loss: [...first.data], gradient: [...second.data] };
}

const logits = [
  [1, -2, 0.5],
  [0.3, 0.2, -1],
];
const probabilities = logits.map((row) => {
  const sum = row.reduce((total, each) => total + Math.exp(each), 0);
  return row.map((each) => Math.exp(each) / sum);
});

it.each([
  ["one class", [0, 1, 0]],
  ["all but one", [0, 1, 1]],
  ["all", [1, 1, 1]],
])("is −log of the probability of what is wanted: %s", async (_, wanted) => {
  const { loss } = await measure(
    referenceBackend(),
    logits,
    logits.map(() => wanted),
  );
  probabilities.forEach((row, i) => {
    const there = row.reduce((sum, each, j) => sum + wanted[j] * each, 0);
    expect(loss[i]).toBeCloseTo(-Math.log(there), 6);
  });
});

it("has the gradient that central differences have", async () => {
  const wanted = [
    [0, 1, 1],
    [1, 0, 0],
  ];
  const { gradient } = await measure(referenceBackend(), logits, wanted);
  const step = 1e-4;
  for (let at = 0; at < 6; at++) {
    const moved = async (by: number) => {
      const changed = logits.map((row) => [...row]);
      changed[Math.floor(at / 3)][at % 3] += by;
      const { loss } = await measure(referenceBackend(), changed, wanted);
      return loss[0] + loss[1];
    };
    const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
    expect(gradient[at]).toBeCloseTo(slope, 3);
  }
});

it("stays finite, with a gradient, where the model is quite sure", async () => {
  const { loss, gradient } = await measure(
    onnxruntimeBackend({ threads: 1 }),
    [[80, 0, 1]],
    [[0, 1, 1]],
  );
  expect(loss[0]).toBeCloseTo(80 - Math.log(1 + Math.E), 3);
  expect(gradient[0]).toBeCloseTo(1, 4);
  expect(gradient[2]).toBeLessThan(0);
});
