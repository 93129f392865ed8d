/** For tests: holds a pass against the reference backend before and after. */
import { expect } from "vitest";
import { referenceBackend } from "../backends/reference.ts";
import type { Graph } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { elementCount, type TensorData } from "../graph/tensor.ts";
import { sequence } from "../ops/check-operator.ts";
import { verifyGraph } from "./verify-graph.ts";

/**
 * Expects `pass` to give a sound graph with the same inputs and the same outputs, for numbers in (−1, 1), int64
 * inputs all 0 and bool inputs mixed.
 * @param tolerance of the largest difference, relative to the largest number of an output (at least 1)
 * @returns the graph after the pass
 */
export async function expectSameFunction(
  pass: (graph: Graph) => Graph,
  graph: Graph,
  tolerance = 1e-5,
): Promise<Graph> {
  const after = pass(graph);
  verifyGraph(after);
  expect(after.inputs, "inputs").toEqual(graph.inputs);
  after.inputs.forEach((input, index) =>
    expect(input, "identity of an input").toBe(graph.inputs[index]),
  );
  const feeds: Record<string, TensorData> = {};
  graph.inputs.forEach(({ name, dtype, shape }, index) => {
    const numbers = sequence(elementCount(shape), index + 11);
    if (dtype === "float32") feeds[name] = numbers;
    else
      feeds[name] =
        dtype === "bool"
          ? Uint8Array.from(numbers, (x) => Number(x > 0))
          : new Float64Array(numbers.length);
  });
  const [expected, given] = await Promise.all(
    [graph, after].map(async (each) =>
      (await referenceBackend().compile(each)).run(feeds),
    ),
  );
  expect(given.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
    expected.map(({ dtype, shape }) => ({ dtype, shape })),
  );
  expected.forEach(({ data }, index) => {
    const numbers = Array.from(data);
    const scale = Math.max(1, ...numbers.filter(Number.isFinite).map(Math.abs));
    // Object.is: infinities and NaN must come out the same.
    const difference = (a: number, b: number) =>
      Object.is(a, b) ? 0 : Math.abs(a - b);
    const worst = Math.max(
      0,
      ...numbers.map((number, i) => difference(number, given[index].data[i])),
    );
    expect(worst / scale, `output ${index}`).toBeLessThanOrEqual(tolerance);
  });
  return after;
}

/** Operators of a graph in order. */
export function operators(graph: Graph): OpType[] {
  return graph.nodes.map(({ op }) => op);
}
