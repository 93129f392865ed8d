/** Export and import again, for every operator of the table: the same numbers, by ONNX Runtime too. */
import { describe, expect, it } from "vitest";
import { onnxruntimeBackend } from "../backends/onnxruntime.ts";
import { referenceBackend } from "../backends/reference.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import { elementCount, integers, type Tensor } from "../graph/tensor.ts";
import { sample, sequence } from "../ops/check-operator.ts";
import { newGraphBuilder, opTypes } from "../ops/table.ts";
import { exportModel } from "./export-model.ts";
import { FoldingBudget } from "./lower/folding-budget.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import { readModel } from "./model-proto.ts";

/** Shapes of float32 inputs, tensors for constants, and the attributes. */
type Sample<Op extends OpType> = readonly [
  inputs: readonly (readonly number[] | Tensor)[],
  attributes: Attributes<Op>,
];

const x = [2, 4, 6, 5] as const;
const plain = [[x], {}] as const;
const two = [[x, [4, 1, 5]], {}] as const;
const reduction = [[x], { axes: [1, 3], keepDims: false }] as const;
const window = {
  strides: [2, 1],
  pads: [1, 0, 0, 1],
  dilations: [1, 2],
} as const;
const pool = { ...window, kernelShape: [2, 3], ceilMode: false } as const;

const samples: { readonly [Op in OpType]: Sample<Op> } = {
  Abs: plain,
  Ceil: plain,
  Cos: plain,
  Erf: plain,
  Exp: plain,
  Floor: plain,
  Log: plain,
  Neg: plain,
  Reciprocal: plain,
  Round: plain,
  Sign: plain,
  Sin: plain,
  Sqrt: plain,
  Relu: plain,
  Sigmoid: plain,
  Tanh: plain,
  Softplus: plain,
  LeakyRelu: [[x], { alpha: 0.2 }],
  Elu: [[x], { alpha: 0.7 }],
  HardSigmoid: [[x], { alpha: 0.3, beta: 0.4 }],
  Clip: [[x], { min: 0.2, max: Infinity }],
  Add: two,
  Sub: two,
  Mul: two,
  Div: two,
  Pow: two,
  Min: two,
  Max: two,
  Mod: [[x, [1]], { isFmod: true }],
  Equal: two,
  Greater: two,
  GreaterOrEqual: two,
  Less: two,
  LessOrEqual: two,
  And: two,
  Or: two,
  Not: plain,
  Where: [[x, [4, 1, 1], [5]], {}],
  Cast: [[x], { to: "int64" }],
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: [[x], { axes: [2], keepDims: true }],
  ArgMax: [[x], { axis: 2, keepDims: true }],
  Softmax: [[x], { axis: 1 }],
  LogSoftmax: [[x], { axis: 3 }],
  MatMul: [[x, [5, 3]], {}],
  Gemm: [[[4, 3], [5, 4], [5]], { transA: true, transB: true }],
  Conv: [[x, sample([6, 2, 3, 2]), sample([6])], { ...window, group: 2 }],
  ConvTranspose: [
    [x, sample([4, 3, 3, 3])],
    { ...window, group: 2, outputPadding: [1, 0] },
  ],
  MaxPool: [[x], pool],
  AveragePool: [[x], { ...pool, countIncludePad: true }],
  Reshape: [[x], { shape: [8, 30] }],
  Transpose: [[x], { perm: [0, 2, 3, 1] }],
  Expand: [[[4, 1, 5]], { shape: [2, 4, 6, 5] }],
  Concat: [[x, [2, 1, 6, 5]], { axis: 1 }],
  Slice: [[x], { starts: [3, 1], ends: [-1, 5], axes: [1, 2], steps: [-1, 2] }],
  Pad: [[x], { pads: [0, 0, 1, 2, 0, 0, 0, -1], mode: "constant", value: 0.5 }],
  Gather: [[x, integers([3, 0, -1])], { axis: 1 }],
  GatherElements: [[[3, 2], integers([0, 1, 1, 0], [2, 2])], { axis: 1 }],
  ScatterElements: [
    [[3, 2], integers([0, 2], [1, 2]), sample([1, 2])],
    { axis: 0, reduction: "add" },
  ],
  ScatterND: [
    [[3, 2], integers([2, 0], [2, 1]), sample([2, 2])],
    { reduction: "none" },
  ],
  Resize: [
    [x],
    {
      mode: "linear",
      coordinateTransformationMode: "half_pixel",
      nearestMode: "floor",
      scales: [2, 1.4],
      sizes: [12, 7],
    },
  ],
};

/** Operators that take truth values, which are made of floats here. */
const takesTruth: Partial<Record<OpType, readonly number[]>> = {
  And: [0, 1],
  Or: [0, 1],
  Not: [0],
  Where: [0],
};

function graphOf<Op extends OpType>(op: Op): Graph {
  const [inputs, attributes] = samples[op] as Sample<Op>;
  const g = newGraphBuilder();
  const values = inputs.map((input, index): Value => {
    if ("data" in input) return g.constant(input);
    const value = g.input(`x${index}`, input);
    return takesTruth[op]?.includes(index)
      ? g.add("Greater", [value, g.scalar(0.5)], {})
      : value;
  });
  return g.finish(
    g.addAll(op, values, attributes).slice(0, op === "MaxPool" ? 2 : 1),
  );
}

function importAgain(bytes: Uint8Array, { inputs }: Graph): Graph {
  const { graph, opsets } = readModel(bytes, "again.onnx");
  const g = newGraphBuilder();
  const values = new Map(
    inputs.map(({ name, shape }) => [name, g.input(name, shape)]),
  );
  const budget = new FoldingBudget(bytes.length);
  const opset = opsets.get("") ?? 0;
  const outputs = lowerGraph(graph, values, {
    g,
    opset,
    model: "again.onnx",
    budget,
  });
  return g.finish(outputs);
}

describe("a graph exported and imported again computes the same", () => {
  it("has a sample of every operator", () => {
    expect(Object.keys(samples).sort()).toEqual([...opTypes].sort());
  });

  it.each(opTypes)("%s", async (op) => {
    const graph = graphOf(op);
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }, index) => [
        name,
        // Positive, away from the kinks of rounding and the poles of logarithms.
        sequence(elementCount(shape), index + 1).map((v) => (v + 1.1) * 0.9),
      ]),
    );
    const again = importAgain(exportModel(graph), graph);
    const run = async (which: Graph, backend = referenceBackend()) =>
      (await backend.compile(which)).run(feeds);
    const expected = await run(graph);
    const cpu = onnxruntimeBackend({ threads: 1 });
    for (const results of [await run(again), await run(graph, cpu)]) {
      expect(results).toHaveLength(expected.length);
      for (const [index, { dtype, shape, data }] of expected.entries()) {
        expect(results[index].dtype).toBe(dtype);
        expect(results[index].shape).toEqual(shape);
        const worst = Math.max(
          ...Array.from(data, (value, i) =>
            Math.abs(value - results[index].data[i]),
          ),
        );
        expect(worst).toBeLessThan(1e-4);
      }
    }
  });
});
