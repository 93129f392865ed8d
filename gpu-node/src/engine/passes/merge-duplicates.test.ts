import { expect, it } from "vitest";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { floats, integers } from "../graph/tensor.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { expectSameFunction, operators } from "./check-pass.ts";
import { mergeDuplicates } from "./merge-duplicates.ts";

async function merge(build: (g: GraphBuilder, x: Value, y: Value) => Value[]) {
  const g = newGraphBuilder();
  const after = await expectSameFunction(
    mergeDuplicates,
    g.finish(build(g, g.input("x", [2, 3]), g.input("y", [2, 3]))),
    0,
  );
  return { after, ops: operators(after) };
}

it("computes a chain once that is written twice", async () => {
  const chain = (g: GraphBuilder, x: Value) =>
    g.add("Exp", [g.add("Mul", [x, g.scalar(2)], {})], {});
  const { ops } = await merge((g, x) => [
    g.add("Sub", [chain(g, x), g.add("Neg", [chain(g, x)], {})], {}),
  ]);
  expect(ops).toEqual(["Mul", "Exp", "Neg", "Sub"]);
});

it("returns the one value in both places where outputs turn out the same", async () => {
  const { after, ops } = await merge((g, x) => [
    g.add("Exp", [x], {}),
    g.add("Exp", [x], {}),
  ]);
  expect(ops).toEqual(["Exp"]);
  expect(after.outputs[0]).toBe(after.outputs[1]);
});

it("knows that operands of sums and products may change places, and those of differences not", async () => {
  const { ops } = await merge((g, x, y) =>
    (["Add", "Mul", "Sub"] as const).flatMap((op) => [
      g.add(op, [x, y], {}),
      g.add(op, [y, x], {}),
    ]),
  );
  expect(ops).toEqual(["Add", "Mul", "Sub", "Sub"]);
});

it("takes constants of the same type and numbers for one, however they are named", async () => {
  const { ops } = await merge((g, x) => {
    const bias = () => g.constant(floats([1, 2, 3]));
    return [g.add("Add", [x, bias()], {}), g.add("Add", [x, bias()], {})];
  });
  expect(ops).toEqual(["Add"]);
});

it("tells constants apart that differ at their end, in shape, in type or in the sign of zero", async () => {
  const numbers = [1, 2, 3, 4, 5, 6];
  const { ops } = await merge((g, x) => [
    g.add("Add", [x, g.constant(floats(numbers, [2, 3]))], {}),
    g.add("Add", [x, g.constant(floats(numbers.with(5, 7), [2, 3]))], {}),
    g.add("Add", [x, g.constant(floats(numbers, [1, 2, 3]))], {}),
    g.add("Div", [x, g.constant(floats([0], []))], {}),
    g.add("Div", [x, g.constant(floats([-0], []))], {}),
    g.add("Gather", [x, g.constant(integers([0]))], { axis: 0 }),
    g.add("Gather", [x, g.constant(integers([0], []))], { axis: 0 }),
  ]);
  expect(ops).toHaveLength(7);
});

it("tells attributes apart, infinite ones too", async () => {
  const { ops } = await merge((g, x) => [
    g.add("Clip", [x], { min: -Infinity, max: 0 }),
    g.add("Clip", [x], { min: 0, max: 0 }),
    g.add("Clip", [x], { min: -Infinity, max: 0 }),
    g.add("Clip", [x], { min: -Infinity, max: Infinity }),
  ]);
  expect(ops).toEqual(["Clip", "Clip", "Clip"]);
});

it("keeps both outputs of a node with two", async () => {
  const g = newGraphBuilder();
  const x = g.input("x", [1, 1, 4, 4]);
  const pool = () =>
    g.addAll("MaxPool", [x], {
      kernelShape: [2, 2],
      strides: [2, 2],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      ceilMode: false,
    });
  const graph = g.finish([pool()[1], pool()[0]]);
  expect(
    operators(await expectSameFunction(mergeDuplicates, graph, 0)),
  ).toEqual(["MaxPool"]);
});

it("gives the graph itself back where there is nothing to merge", () => {
  const g = newGraphBuilder();
  const x = g.input("x", [2]);
  const graph = g.finish([
    g.add("Add", [g.add("Exp", [x], {}), g.scalar(1)], {}),
  ]);
  expect(mergeDuplicates(graph)).toBe(graph);
});
