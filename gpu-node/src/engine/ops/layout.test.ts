import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import type { Constant } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import {
  elementCount,
  floats,
  integers,
  type Tensor,
} from "../graph/tensor.ts";
import { expectGradient, sample } from "./check-operator.ts";
import { newGraphBuilder } from "./table.ts";

/** What the kernel gives, by the builder's folding of constants. */
function evaluate<Op extends OpType>(
  op: Op,
  inputs: readonly Tensor[],
  attributes: Attributes<Op>,
) {
  const g = newGraphBuilder();
  const { dtype, shape, data } = g.add(
    op,
    inputs.map((tensor) => g.constant(tensor)),
    attributes,
  ) as Constant;
  return { dtype, shape, values: [...data] };
}

/** 0, 1, 2, … */
const count = (...shape: number[]) =>
  floats(
    Array.from({ length: elementCount(shape) }, (_, i) => i),
    shape,
  );
const bools = (...values: number[]): Tensor => ({
  dtype: "bool",
  shape: [values.length],
  data: Uint8Array.from(values),
});

describe("Reshape", () => {
  it("keeps the elements in order", () => {
    expect(evaluate("Reshape", [count(2, 3)], { shape: [3, 2] })).toEqual({
      dtype: "float32",
      shape: [3, 2],
      values: [0, 1, 2, 3, 4, 5],
    });
  });
  it("refuses another number of elements", () => {
    expect(() => evaluate("Reshape", [count(2, 3)], { shape: [4] })).toThrow(
      "[2,3] has not as many elements as [4]",
    );
  });
  it("refuses sizes that are none", () => {
    expect(() =>
      evaluate("Reshape", [count(2, 3)], { shape: [-2, -3] }),
    ).toThrow("is not a shape");
  });
  it("has the gradient of differences", async () => {
    await expectGradient("Reshape", [sample([2, 3])], { shape: [6] });
  });
});

describe("Transpose", () => {
  it("puts axis perm[i] at i", () => {
    const result = evaluate("Transpose", [count(1, 2, 3)], { perm: [2, 0, 1] });
    expect(result).toEqual({
      dtype: "float32",
      shape: [3, 1, 2],
      values: [0, 3, 1, 4, 2, 5],
    });
  });
  it("moves int64 and bool elements too", () => {
    expect(
      evaluate("Transpose", [integers([1, 2, 3, 4], [2, 2])], { perm: [1, 0] }),
    ).toMatchObject({ dtype: "int64", values: [1, 3, 2, 4] });
    expect(evaluate("Transpose", [bools(1, 0)], { perm: [0] })).toMatchObject({
      dtype: "bool",
      values: [1, 0],
    });
  });
  it.each([[[0, 0, 1]], [[0, 1]], [[0, 1, 3]]])(
    "refuses perm %j for three axes",
    (perm) => {
      expect(() => evaluate("Transpose", [count(1, 2, 3)], { perm })).toThrow(
        "does not name each axis",
      );
    },
  );
  it("has the gradient of differences", async () => {
    await expectGradient("Transpose", [sample([2, 3, 4])], { perm: [2, 0, 1] });
  });
});

describe("Expand", () => {
  it("repeats along axes of size 1 and new axes", () => {
    expect(
      evaluate("Expand", [count(2, 1)], { shape: [2, 2, 3] }).values,
    ).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
  });
  it("refuses to shrink", () => {
    expect(() => evaluate("Expand", [count(2, 3)], { shape: [2, 1] })).toThrow(
      "cannot be repeated to [2,1]",
    );
  });
  it.each([[[3, 1]], [[1]], [[]]])(
    "has the gradient of differences from shape %j",
    async (shape) => {
      await expectGradient("Expand", [sample(shape)], { shape: [2, 3, 4] });
    },
  );
});

describe("Concat", () => {
  it("joins along an inner axis", () => {
    const result = evaluate("Concat", [count(2, 1), count(2, 2)], { axis: 1 });
    expect(result).toEqual({
      dtype: "float32",
      shape: [2, 3],
      values: [0, 0, 1, 1, 2, 3],
    });
  });
  it("joins integers of several operands along the first axis", () => {
    const operands = [integers([1]), integers([2, 3]), integers([])];
    expect(evaluate("Concat", operands, { axis: 0 })).toEqual({
      dtype: "int64",
      shape: [3],
      values: [1, 2, 3],
    });
  });
  it("refuses operands that differ elsewhere, in rank or in type", () => {
    expect(() =>
      evaluate("Concat", [count(2, 1), count(3, 1)], { axis: 1 }),
    ).toThrow("differ elsewhere");
    expect(() =>
      evaluate("Concat", [count(2), count(2, 1)], { axis: 0 }),
    ).toThrow("differ elsewhere");
    expect(() =>
      evaluate("Concat", [count(2), integers([1])], { axis: 0 }),
    ).toThrow("differ in type");
  });
  it("has the gradient of differences", async () => {
    await expectGradient(
      "Concat",
      [sample([2, 1, 3]), sample([2, 2, 3], 2), sample([2, 3, 3], 3)],
      { axis: 1 },
    );
  });
  it("differentiates one operand where the others are constant", async () => {
    await expectGradient(
      "Concat",
      [sample([2]), sample([3], 2)],
      { axis: 0 },
      { constants: [0] },
    );
  });
});

describe("Slice", () => {
  const along = (start: number, end: number, step: number, axis = 0) => ({
    starts: [start],
    ends: [end],
    steps: [step],
    axes: [axis],
  });
  it.each([
    [along(1, 4, 1), [1, 2, 3]],
    [along(1, 100, 2), [1, 3, 5]],
    [along(0, 2 ** 63, 3), [0, 3, 6]],
    [along(100, -1, -3), [6, 3, 0]],
    [along(4, 1, -2), [4, 2]],
    [along(3, 3, 1), []],
    [along(5, 2, 1), []],
    [along(9, 12, 1), []],
  ])("takes %j of 0…6", (attributes, values) => {
    expect(evaluate("Slice", [count(7)], attributes)).toEqual({
      dtype: "float32",
      shape: [values.length],
      values,
    });
  });
  it("cuts several axes of integers", () => {
    const attributes = {
      starts: [1, 0],
      ends: [2, 3],
      axes: [0, 2],
      steps: [1, 2],
    };
    expect(
      evaluate(
        "Slice",
        [integers([...count(2, 2, 3).data], [2, 2, 3])],
        attributes,
      ),
    ).toEqual({
      dtype: "int64",
      shape: [1, 2, 2],
      values: [6, 8, 9, 11],
    });
  });
  it.each([
    [{ starts: [0, 0], ends: [1, 1], axes: [0, 0], steps: [1, 1] }, "twice"],
    [along(0, 1, 0), "step is 0"],
    [along(0, 1, 1, 2), "axis 2"],
    [along(-1, 1, 1), "from the front"],
    [{ starts: [0], ends: [], axes: [0], steps: [1] }, "differ in length"],
  ])("refuses %j", (attributes, message) => {
    expect(() => evaluate("Slice", [count(3)], attributes)).toThrow(message);
  });
  it.each([
    [along(1, 4, 1, 1)],
    [along(0, 7, 2, 1)],
    [along(1, 7, 3, 1)],
    [along(6, -1, -1, 1)],
    [along(5, -1, -2, 1)],
    [along(5, 2, -4, 1)],
    [along(2, 3, 5, 1)],
    [
      {
        starts: [2, 1, 0],
        ends: [-1, 6, 2],
        axes: [0, 1, 2],
        steps: [-2, 2, 1],
      },
    ],
  ])("has the gradient of differences: %j", async (attributes) => {
    await expectGradient("Slice", [sample([3, 7, 3])], attributes);
  });
  it("has a gradient of one Pad where the step is 1", () => {
    const g = newGraphBuilder();
    const x = g.input("x", [5]);
    const part = g.add("Slice", [x], along(1, 4, 1));
    const loss = g.add("Exp", [part], {});
    const ops = valueAndGrad(g.finish([loss]), loss, [x]).nodes.map(
      ({ op }) => op,
    );
    expect(ops).toEqual(["Slice", "Exp", "Mul", "Pad"]);
  });
});

describe("Pad", () => {
  const pad = (
    pads: number[],
    mode: "constant" | "reflect" | "edge" = "constant",
    value = 0,
  ) => ({ pads, mode, value });
  it.each([
    [pad([2, 1], "constant", 9), [9, 9, 0, 1, 2, 3, 9]],
    [pad([-1, 2]), [1, 2, 3, 0, 0]],
    [pad([1, -3], "constant", 5), [5, 0]],
    [pad([3, 2], "reflect"), [3, 2, 1, 0, 1, 2, 3, 2, 1]],
    [pad([2, 1], "edge"), [0, 0, 0, 1, 2, 3, 3]],
  ])("%j of 0…3", (attributes, values) => {
    expect(evaluate("Pad", [count(4)], attributes).values).toEqual(values);
  });
  it("pads every axis, integers and truth values too", () => {
    expect(
      evaluate("Pad", [count(2, 2)], pad([1, 0, 0, 1], "edge")).values,
    ).toEqual([0, 1, 1, 0, 1, 1, 2, 3, 3]);
    expect(
      evaluate("Pad", [count(2, 2)], pad([1, 1, 0, 0], "reflect")).values,
    ).toEqual([3, 2, 3, 1, 0, 1, 3, 2, 3]);
    expect(
      evaluate("Pad", [integers([7])], pad([1, 1], "constant", 3)),
    ).toEqual({ dtype: "int64", shape: [3], values: [3, 7, 3] });
    expect(evaluate("Pad", [bools(1)], pad([1, 0]))).toEqual({
      dtype: "bool",
      shape: [2],
      values: [0, 1],
    });
  });
  it.each([
    [pad([1]), "two an axis"],
    [pad([-3, -2]), "crop more"],
    [pad([4, 0], "reflect"), "cannot pad"],
    [pad([-1, 0], "edge"), "does not crop"],
    [pad([0.5, 0]), "whole number"],
  ])("refuses %j of four elements", (attributes, message) => {
    expect(() => evaluate("Pad", [count(4)], attributes)).toThrow(message);
  });
  it.each([
    [pad([1, 0, 2, 1], "constant", 3)],
    [pad([-1, 1, 2, -2])],
    [pad([2, 1, 1, 3], "reflect")],
    [pad([2, 3, 2, 0], "reflect")],
    [pad([2, 1, 0, 5], "edge")],
    [pad([0, 4, 4, 4], "edge")],
  ])("has the gradient of differences: %j", async (attributes) => {
    await expectGradient("Pad", [sample([3, 4])], attributes);
  });
});
