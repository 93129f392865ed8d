import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { floats, integers, type Shape } from "../graph/tensor.ts";
import { sample } from "../ops/check-operator.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { expectSameFunction, operators } from "./check-pass.ts";
import { simplify } from "./simplify.ts";

type Build = (g: GraphBuilder, x: Value, y: Value) => Value;
type Case = [name: string, build: Build, expected: OpType[]];

/** Operators left of a graph of x and y [2, 3]. */
async function simplified(
  build: Build,
  shape: Shape = [2, 3],
): Promise<OpType[]> {
  const g = newGraphBuilder();
  const output = build(g, g.input("x", shape), g.input("y", shape));
  return operators(
    await expectSameFunction(simplify, g.finish([output]), 1e-6),
  );
}

const neg = (g: GraphBuilder, x: Value) => g.add("Neg", [x], {});
const mul = (g: GraphBuilder, a: Value, b: Value) => g.add("Mul", [a, b], {});
const all = { starts: [0], ends: [9], axes: [1], steps: [1] };

describe("operators that change nothing", () => {
  it.each<Case>([
    ["x + 0", (g, x) => g.add("Add", [x, g.scalar(0)], {}), []],
    ["0 + x", (g, x) => g.add("Add", [g.scalar(0), x], {}), []],
    ["x − 0", (g, x) => g.add("Sub", [x, g.scalar(0)], {}), []],
    ["0 − x", (g, x) => g.add("Sub", [g.scalar(0), x], {}), ["Sub"]],
    ["x · 1", (g, x) => mul(g, x, g.constant(floats([1, 1, 1]))), []],
    [
      "x · (1, 1, 2)",
      (g, x) => mul(g, x, g.constant(floats([1, 1, 2]))),
      ["Mul"],
    ],
    [
      "x · 1 repeated",
      (g, x) => mul(g, x, g.constant(floats([1, 1], [2, 1, 1]))),
      ["Mul"],
    ],
    ["x / 1", (g, x) => g.add("Div", [x, g.scalar(1)], {}), []],
    ["1 / x", (g, x) => g.add("Div", [g.scalar(1), x], {}), ["Div"]],
    ["x¹", (g, x) => g.add("Pow", [x, g.scalar(1)], {}), []],
    ["Cast", (g, x) => g.add("Cast", [x], { to: "float32" }), []],
    [
      "Cast to another type",
      (g, x) => g.add("Cast", [x], { to: "bool" }),
      ["Cast"],
    ],
    ["Reshape", (g, x) => g.add("Reshape", [x], { shape: [2, 3] }), []],
    ["Transpose", (g, x) => g.add("Transpose", [x], { perm: [0, 1] }), []],
    ["Expand", (g, x) => g.add("Expand", [x], { shape: [2, 3] }), []],
    ["Slice", (g, x) => g.add("Slice", [x], all), []],
    [
      "Slice that turns round",
      (g, x) =>
        g.add("Slice", [x], { ...all, starts: [2], ends: [-1], steps: [-1] }),
      ["Slice"],
    ],
    [
      "Pad",
      (g, x) =>
        g.add("Pad", [x], { pads: [0, 0, 0, 0], mode: "edge", value: 0 }),
      [],
    ],
    [
      "Pad that shifts",
      (g, x) =>
        g.add("Pad", [x], { pads: [0, 1, 0, -1], mode: "constant", value: 0 }),
      ["Pad"],
    ],
    ["Concat of one", (g, x) => g.add("Concat", [x], { axis: 0 }), []],
    [
      "Where with equal branches",
      (g, x, y) => g.add("Where", [g.add("Less", [x, y], {}), x, x], {}),
      [],
    ],
  ])("%s", async (_, build, expected) => {
    expect(
      await simplified((g, x, y) => build(g, g.add("Exp", [x], {}), y)),
    ).toEqual(["Exp", ...expected]);
  });

  it("keeps x + 0 where x is repeated by it", async () => {
    expect(
      await simplified((g, x) =>
        g.add("Add", [x, g.constant(floats([0, 0], [2, 1, 1]))], {}),
      ),
    ).toEqual(["Add"]);
  });
});

describe("operators that undo or repeat the one before", () => {
  it.each<Case>([
    ["−(−x)", (g, x) => neg(g, neg(g, x)), []],
    [
      "Relu of Relu",
      (g, x) => g.add("Relu", [g.add("Relu", [x], {})], {}),
      ["Relu"],
    ],
    [
      "Abs of Abs",
      (g, x) => g.add("Abs", [g.add("Abs", [x], {})], {}),
      ["Abs"],
    ],
    [
      "Reshape of Reshape",
      (g, x) =>
        g.add("Reshape", [g.add("Reshape", [x], { shape: [6] })], {
          shape: [3, 2],
        }),
      ["Reshape"],
    ],
    ["a + (−b)", (g, x, y) => g.add("Add", [x, neg(g, y)], {}), ["Sub"]],
    ["(−a) + b", (g, x, y) => g.add("Add", [neg(g, x), y], {}), ["Sub"]],
    ["a − (−b)", (g, x, y) => g.add("Sub", [x, neg(g, y)], {}), ["Add"]],
    ["−(a − b)", (g, x, y) => neg(g, g.add("Sub", [x, y], {})), ["Sub"]],
    ["−(x · c)", (g, x) => neg(g, mul(g, g.scalar(3), x)), ["Mul"]],
    ["(−x) · c", (g, x) => mul(g, neg(g, x), g.scalar(3)), ["Mul"]],
    [
      "(x · c) · d",
      (g, x) => mul(g, g.scalar(5), mul(g, x, g.constant(sample([3])))),
      ["Mul"],
    ],
    [
      "(x · c) · d that together are larger",
      (g, x) =>
        mul(g, mul(g, x, g.constant(sample([2, 1]))), g.constant(sample([3]))),
      ["Mul", "Mul"],
    ],
  ])("%s", async (_, build, expected) => {
    expect(await simplified(build)).toEqual(expected);
  });

  it.each([1e30, 1e-30])(
    "keeps (x · c) · c apart where c·c leaves the range of float32: %d",
    (number) => {
      const g = newGraphBuilder();
      const graph = g.finish([
        mul(g, mul(g, g.input("x", [2]), g.scalar(number)), g.scalar(number)),
      ]);
      expect(simplify(graph)).toBe(graph);
    },
  );

  it("joins Transposes into one", async () => {
    const twice = (second: number[]) =>
      simplified(
        (g, x) =>
          g.add("Transpose", [g.add("Transpose", [x], { perm: [1, 2, 0] })], {
            perm: second,
          }),
        [2, 3, 4],
      );
    expect(await twice([1, 0, 2])).toEqual(["Transpose"]);
    const round = async () => {
      const g = newGraphBuilder();
      const y = g.add(
        "Transpose",
        [g.add("Transpose", [g.input("x", [2, 3, 4])], { perm: [1, 2, 0] })],
        { perm: [2, 0, 1] },
      );
      return operators(
        await expectSameFunction(
          (graph) => simplify(simplify(graph)),
          g.finish([y]),
          0,
        ),
      );
    };
    expect(await round()).toEqual([]);
  });

  it("does not copy a difference that something else reads", async () => {
    const ops = await simplified((g, x, y) => {
      const difference = g.add("Sub", [x, y], {});
      return mul(g, difference, g.add("Exp", [neg(g, difference)], {}));
    });
    expect(ops).toEqual(["Sub", "Neg", "Exp", "Mul"]);
  });
});

describe("operators with cheaper ones", () => {
  it("makes a Transpose that moves only axes of size 1 a Reshape", async () => {
    expect(
      await simplified(
        (g, x) => g.add("Transpose", [x], { perm: [1, 0, 2] }),
        [2, 1, 3],
      ),
    ).toEqual(["Reshape"]);
    expect(
      await simplified(
        (g, x) => g.add("Transpose", [x], { perm: [2, 1, 0] }),
        [2, 1, 3],
      ),
    ).toEqual(["Transpose"]);
  });

  it.each([
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
  ] as const)("makes %s over axes of size 1 a Reshape", async (op) => {
    expect(
      await simplified(
        (g, x) => g.add(op, [x], { axes: [1, 3], keepDims: false }),
        [2, 1, 3, 1],
      ),
    ).toEqual(["Reshape"]);
    expect(
      await simplified(
        (g, x) => g.add(op, [x], { axes: [1, 2], keepDims: false }),
        [2, 1, 3, 1],
      ),
    ).toEqual([op]);
  });

  it("lets operators broadcast what was written out for them", async () => {
    const row = (g: GraphBuilder, x: Value) =>
      g.add("ReduceSum", [x], { axes: [0], keepDims: true });
    const expand = (g: GraphBuilder, x: Value) =>
      g.add("Expand", [row(g, x)], { shape: [2, 3] });
    expect(await simplified((g, x, y) => mul(g, expand(g, x), y))).toEqual([
      "ReduceSum",
      "Mul",
    ]);
    expect(
      await simplified((g, x, y) =>
        g.add(
          "Where",
          [g.add("Less", [x, y], {}), expand(g, x), g.scalar(0)],
          {},
        ),
      ),
    ).toEqual(["Less", "ReduceSum", "Where"]);
    // Two at once: one of them still has to give the shape.
    expect(
      await simplified((g, x, y) =>
        g.add("Add", [expand(g, x), expand(g, y)], {}),
      ),
    ).toEqual(["ReduceSum", "ReduceSum", "Expand", "Add"]);
  });

  it("takes zeros around a picture as pads of the convolution", async () => {
    const attributes = {
      strides: [2, 1],
      pads: [0, 1, 0, 0],
      dilations: [1, 1],
      group: 1,
    } as const;
    const padded = (pads: number[], value = 0) =>
      simplified(
        (g, x) => {
          const pad = g.add("Pad", [x], { pads, mode: "constant", value });
          return g.add(
            "Conv",
            [pad, g.constant(sample([2, pad.shape[1], 3, 3]))],
            attributes,
          );
        },
        [1, 2, 4, 5],
      );
    expect(await padded([0, 0, 1, 2, 0, 0, 0, 3])).toEqual(["Conv"]);
    expect(await padded([0, 0, 1, 2, 0, 0, 0, 3], 1)).toEqual(["Pad", "Conv"]);
    expect(await padded([0, 1, 1, 2, 0, 0, 0, 3])).toEqual(["Pad", "Conv"]);
    expect(await padded([0, 0, 1, -2, 0, 0, 0, 3])).toEqual(["Pad", "Conv"]);
  });

  it("leaves integers' arithmetic alone but for what changes nothing", async () => {
    const g = newGraphBuilder();
    const i = g.input("i", [2], "int64");
    const scaled = mul(g, mul(g, i, g.integer(3)), g.constant(integers([1])));
    expect(
      operators(
        await expectSameFunction(
          simplify,
          g.finish([g.add("Add", [scaled, g.integer(0)], {})]),
          0,
        ),
      ),
    ).toEqual(["Mul"]);
  });
});

describe("sums of values that were moved alike", () => {
  const halves = (g: GraphBuilder, x: Value) =>
    g.add("Reshape", [x], { shape: [1, 6] });
  const turned = (g: GraphBuilder, x: Value) =>
    g.add("Transpose", [x], { perm: [1, 0] });

  it("are moved once, after the sum", async () => {
    const ops = await simplified((g, x, y) =>
      g.add("Add", [turned(g, x), turned(g, y)], {}),
    );
    expect(ops).toEqual(["Add", "Transpose"]);
    const chain = await expectSameFunction(
      (graph) => simplify(simplify(graph)),
      (() => {
        const g = newGraphBuilder();
        const [x, y] = [g.input("x", [2, 3]), g.input("y", [2, 3])];
        const moved = [x, y].map((value) => halves(g, turned(g, value)));
        return g.finish([g.add("Add", moved, {})]);
      })(),
    );
    expect(operators(chain)).toEqual(["Add", "Transpose", "Reshape"]);
  });

  it("stay where something else reads one of them, or they moved differently", async () => {
    const read = await simplified((g, x, y) => {
      const left = turned(g, x);
      const sum = g.add("Add", [left, turned(g, y)], {});
      return mul(g, sum, left);
    });
    expect(read).toEqual(["Transpose", "Transpose", "Add", "Mul"]);
    const square = await simplified(
      (g, x, y) =>
        g.add(
          "Add",
          [turned(g, x), g.add("Reshape", [y], { shape: [3, 2] })],
          {},
        ),
      [2, 3],
    );
    expect(square).toEqual(["Transpose", "Reshape", "Add"]);
  });
});
