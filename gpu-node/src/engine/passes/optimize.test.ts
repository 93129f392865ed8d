import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { Shape } from "../graph/tensor.ts";
import { sample, sequence } from "../ops/check-operator.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { expectSameFunction, operators } from "./check-pass.ts";
import { optimize } from "./optimize.ts";

/** Choices from a seed. */
function chooser(seed: number): <T>(choices: readonly T[]) => T {
  const numbers = sequence(400, seed);
  let drawn = 0;
  return (choices) =>
    choices[Math.floor(((numbers[drawn++] + 1) / 2) * choices.length)];
}

/** A graph of operators on single elements and on layouts, with constants that algebra looks for. */
function randomGraph(seed: number): Graph {
  const choose = chooser(seed);
  const g = newGraphBuilder();
  const values: Value[] = [
    g.input("x", [2, 3]),
    g.input("y", [2, 3]),
    g.input("z", [1, 3]),
  ];
  const operand = () =>
    choose([
      ...values,
      g.scalar(0),
      g.scalar(1),
      g.scalar(-2),
      g.constant(sample([3])),
      g.constant(sample([2, 1], 2)),
    ]);
  const steps: readonly (() => Value)[] = [
    () =>
      g.add(
        choose(["Add", "Sub", "Mul", "Max", "Min"]),
        [operand(), operand()],
        {},
      ),
    () => g.add(choose(["Add", "Sub", "Mul"]), [choose(values), operand()], {}),
    () => g.add(choose(["Neg", "Relu", "Abs", "Tanh"]), [choose(values)], {}),
    () =>
      g.add("Div", [choose(values), choose([g.scalar(1), g.scalar(4)])], {}),
    () =>
      g.add(
        "Where",
        [
          g.add("Less", [choose(values), choose(values)], {}),
          operand(),
          operand(),
        ],
        {},
      ),
    () => g.add("Expand", [choose(values)], { shape: [2, 3] }),
    () => {
      const perm = choose([
        [0, 1],
        [1, 0],
      ]);
      return g.add(
        "Transpose",
        [g.add("Transpose", [choose(values)], { perm })],
        { perm },
      );
    },
    () => {
      const x = choose(values);
      return g.add(
        "Reshape",
        [g.add("Reshape", [x], { shape: [x.shape[0] * 3] })],
        { shape: x.shape },
      );
    },
    () => g.add("ReduceSum", [choose(values)], { axes: [0], keepDims: true }),
  ];
  for (let step = 0; step < 30; step++) {
    const value = choose(steps)();
    if (value.shape.length === 2 && value.shape[1] === 3) values.push(value);
  }
  return g.finish([values.at(-1)!, choose(values), values.at(-2)!]);
}

const bound = (g: GraphBuilder, x: Value) => g.add("Tanh", [x], {});

describe("random graphs of single elements and layouts", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "graph %i keeps its numbers",
    async (seed) => {
      const graph = randomGraph(seed + 100);
      const after = await expectSameFunction(optimize, graph, 1e-4);
      expect(after.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
      expect(optimize(after).nodes.length).toBe(after.nodes.length);
    },
  );

  it("makes most of them smaller", () => {
    const sizes = Array.from({ length: 40 }, (_, seed) =>
      randomGraph(seed + 100),
    );
    const smaller = sizes.filter(
      (graph) => optimize(graph).nodes.length < graph.nodes.length,
    );
    expect(smaller.length).toBeGreaterThan(30);
  });
});

interface Net {
  readonly g: GraphBuilder;
  readonly x: Value;
  readonly filters: Value[];
  readonly logits: Value;
}

/** Input normalisation, convolutions with normalisations and a residual sum, means over pictures, and a linear layer. */
function residualNet(areFiltersInputs: boolean): Net {
  const g = newGraphBuilder();
  const filters: Value[] = [];
  const parameter = (shape: Shape) => {
    if (!areFiltersInputs) return g.constant(sample(shape, 3 + shape[0]));
    filters.push(g.input(`filter_${filters.length}`, shape));
    return filters.at(-1)!;
  };
  const conv = (y: Value, channels: number, stride: number, group = 1) =>
    g.add("Conv", [y, parameter([channels, y.shape[1] / group, 3, 3])], {
      strides: [stride, stride],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group,
    });
  const affine = (y: Value) => {
    const shape = [1, y.shape[1], 1, 1];
    return g.add(
      "Add",
      [
        g.add("Mul", [y, g.constant(sample(shape, 6))], {}),
        g.constant(sample(shape, 7)),
      ],
      {},
    );
  };
  const x = g.input("x", [2, 3, 8, 8]);
  const stem = bound(g, affine(conv(affine(x), 4, 2)));
  const block = affine(conv(bound(g, affine(conv(stem, 4, 1, 2))), 4, 1));
  const features = g.add(
    "ReduceMean",
    [bound(g, g.add("Add", [block, stem], {}))],
    { axes: [2, 3], keepDims: false },
  );
  const logits = g.add(
    "Gemm",
    [features, parameter([5, 4]), g.constant(sample([5]))],
    { transA: false, transB: true },
  );
  return { g, x, filters, logits };
}

describe("a residual net", () => {
  it("has no normalisation left but the one in front of its first convolution", async () => {
    const { g, logits } = residualNet(false);
    const after = await expectSameFunction(optimize, g.finish([logits]));
    expect(operators(after)).toEqual([
      "Mul",
      "Add",
      "Conv",
      "Tanh",
      "Conv",
      "Tanh",
      "Conv",
      "Add",
      "Tanh",
      "ReduceMean",
      "Gemm",
    ]);
  });

  it("gives the same gradient when it is optimised before differentiation, after, and both times", async () => {
    const gradient = (graph: Graph, x: Value) => {
      const g = newGraphBuilder();
      g.adopt(graph);
      const loss = g.add(
        "ReduceSum",
        [g.add("LogSoftmax", [graph.outputs[0]], { axis: 1 })],
        { axes: [0, 1], keepDims: false },
      );
      return valueAndGrad(g.finish([loss]), loss, [x]);
    };
    const { g, x, logits } = residualNet(false);
    const forward = g.finish([logits]);
    const plain = gradient(forward, x);
    const early = await expectSameFunction(
      () => gradient(optimize(forward), x),
      plain,
    );
    const late = await expectSameFunction(optimize, plain);
    const both = await expectSameFunction(() => optimize(early), plain);
    expect(early.nodes.length).toBeLessThan(plain.nodes.length);
    expect(late.nodes.length).toBeLessThan(plain.nodes.length);
    expect(both.nodes.length).toBeLessThan(early.nodes.length);
    expect(both.nodes.length).toBeLessThanOrEqual(late.nodes.length);
  });

  it("gives the same gradients of its filters when they are trained", async () => {
    const { g, x, filters, logits } = residualNet(true);
    const loss = g.add("ReduceMean", [g.add("Mul", [logits, logits], {})], {
      axes: [0, 1],
      keepDims: false,
    });
    const graph = valueAndGrad(g.finish([loss]), loss, [...filters, x]);
    const after = await expectSameFunction(optimize, graph);
    expect(after.nodes.length).toBeLessThan(graph.nodes.length);
  });
});

describe("inputs and outputs", () => {
  it("stay in place where nothing reads an input and outputs repeat", async () => {
    const g = newGraphBuilder();
    const [unread, x] = [g.input("unread", [4]), g.input("x", [2])];
    const y = g.add("Add", [x, g.scalar(0)], {});
    const z = g.add("Mul", [y, g.scalar(2)], {});
    const after = await expectSameFunction(
      optimize,
      g.finish([z, y, z, g.constant(sample([2]))]),
      0,
    );
    expect(after.inputs[0]).toBe(unread);
    expect(after.outputs[1]).toBe(x);
    expect(after.outputs[0]).toBe(after.outputs[2]);
  });

  it("leaves a graph alone that cannot be better", () => {
    const g = newGraphBuilder();
    const graph = g.finish([g.add("Exp", [g.input("x", [2])], {})]);
    expect(optimize(graph)).toBe(graph);
  });
});
