import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autodiff/value-and-grad.ts";
import type { GraphBuilder } from "../../graph/graph-builder.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { sample } from "../../ops/check-operator.ts";
import { newGraphBuilder } from "../../ops/table.ts";
import { expectSameFunction, operators } from "../../passes/check-pass.ts";
import { optimize } from "../../passes/optimize.ts";
import { preferBlockedLayout } from "./blocked-layout.ts";

const conv = (g: GraphBuilder, x: Value, channels: number, stride = 1) =>
  g.add("Conv", [x, g.constant(sample([channels, x.shape[1], 3, 3], 3))], {
    strides: [stride, stride],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    group: 1,
  });

/** Two convolutions, the second strided, and a global average; and the gradient of its sum. */
function gradientOf(
  activation: (g: GraphBuilder, x: Value) => Value,
  channels: number,
): Graph {
  const g = newGraphBuilder();
  const x = g.input("x", [2, 3, 8, 8]);
  const first = activation(g, conv(g, x, channels));
  const second = activation(g, conv(g, first, channels, 2));
  const features = g.add("ReduceMean", [second], {
    axes: [2, 3],
    keepDims: true,
  });
  const squares = g.add("Mul", [features, features], {});
  const loss = g.add("ReduceSum", [squares], {
    axes: [0, 1, 2, 3],
    keepDims: false,
  });
  return optimize(valueAndGrad(g.finish([loss]), loss, [x]));
}

const relu = (g: GraphBuilder, x: Value) => g.add("Relu", [x], {});
const silu = (g: GraphBuilder, x: Value) =>
  g.add("Mul", [x, g.add("Sigmoid", [x], {})], {});

describe("the blocked layout of ONNX Runtime", () => {
  it("is kept by a net of Relus: cotangents enter it by convolutions, masks are HardSigmoids", async () => {
    const graph = gradientOf(relu, 16);
    const after = await expectSameFunction(preferBlockedLayout, graph);
    const count = (g: Graph, op: string) =>
      operators(g).filter((each) => each === op).length;
    expect(count(graph, "Sign")).toBe(2);
    expect(count(after, "Sign")).toBe(0);
    expect(count(after, "HardSigmoid")).toBe(2);
    // One behind the global average, one behind the phases of the strided convolution.
    expect(count(after, "Conv")).toBe(count(graph, "Conv") + 2);
  });

  it("takes nothing in where channels do not fill blocks", async () => {
    const graph = gradientOf(relu, 12);
    const after = await expectSameFunction(preferBlockedLayout, graph);
    const convolutions = (g: Graph) =>
      operators(g).filter((op) => op === "Conv").length;
    expect(convolutions(after)).toBe(convolutions(graph));
  });

  it("is kept by the gradient of a sigmoid", async () => {
    const graph = gradientOf(silu, 16);
    const after = await expectSameFunction(preferBlockedLayout, graph);
    expect(operators(after)).toContain("HardSigmoid");
    expect(operators(after)).not.toContain("Sub");
  });

  it("leaves the sign of what may be negative alone", () => {
    const g = newGraphBuilder();
    const graph = g.finish([g.add("Sign", [g.input("x", [2, 3])], {})]);
    expect(preferBlockedLayout(graph)).toBe(graph);
  });
});
