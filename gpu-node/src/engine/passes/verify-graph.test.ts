import { expect, it } from "vitest";
import { MotifError } from "../../motif-error.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { verifyGraph } from "./verify-graph.ts";

/** exp(x) + 1 */
function soundGraph(): Graph {
  const g = newGraphBuilder();
  return g.finish([
    g.add("Add", [g.add("Exp", [g.input("x", [2, 3])], {}), g.scalar(1)], {}),
  ]);
}

const withNode = (
  graph: Graph,
  index: number,
  change: Partial<Node>,
): Graph => ({
  ...graph,
  nodes: graph.nodes.with(index, { ...graph.nodes[index], ...change }),
});

it("accepts a sound graph", () => {
  verifyGraph(soundGraph());
});

it("refuses nodes out of order", () => {
  const graph = soundGraph();
  expect(() =>
    verifyGraph({ ...graph, nodes: graph.nodes.toReversed() }),
  ).toThrow('exp is used by Add "add" before it is made');
});

it("refuses inputs from elsewhere, by identity", () => {
  expect(() =>
    verifyGraph({ ...soundGraph(), inputs: soundGraph().inputs }),
  ).toThrow("x is used by");
});

it("refuses outputs that nothing makes", () => {
  expect(() =>
    verifyGraph({ ...soundGraph(), outputs: soundGraph().outputs }),
  ).toThrow("add is used by the graph's outputs");
});

it("refuses two values of one name, and a value made twice", () => {
  const graph = soundGraph();
  const { inputs, outputs } = graph.nodes[1];
  const renamed = { ...outputs[0], name: "exp" };
  expect(() =>
    verifyGraph({
      ...withNode(graph, 1, { outputs: [renamed] }),
      outputs: [renamed],
    }),
  ).toThrow("two values are called exp");
  expect(() =>
    verifyGraph(withNode(graph, 1, { outputs: [inputs[0]!] })),
  ).toThrow("exp is made twice");
});

it("refuses types that inference does not give", () => {
  const graph = soundGraph();
  const output = { ...graph.nodes[1].outputs[0], shape: [3, 2] };
  expect(() =>
    verifyGraph({
      ...withNode(graph, 1, { outputs: [output] }),
      outputs: [output],
    }),
  ).toThrow('Add "add" gives float32[2,3], not float32[3,2]');
  expect(() => verifyGraph(withNode(graph, 1, { outputs: [] }))).toThrow(
    "has 0 outputs, 1 are expected",
  );
  expect(() => verifyGraph(withNode(graph, 1, { inputs: [] }))).toThrow(
    MotifError,
  );
});

it("refuses constants of the wrong length", () => {
  const graph = soundGraph();
  const constant = {
    name: "c",
    dtype: "float32",
    shape: [3],
    data: new Float32Array(2),
  } as const;
  expect(() =>
    verifyGraph(
      withNode(graph, 1, { inputs: [graph.nodes[1].inputs[0], constant] }),
    ),
  ).toThrow("holds 2 elements");
});
