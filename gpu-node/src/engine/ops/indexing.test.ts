import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import { referenceBackend } from "../backends/reference.ts";
import type { Constant } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import {
  elementCount,
  floats,
  integers,
  type Tensor,
} from "../graph/tensor.ts";
import { expectGradient, sample } from "./check-operator.ts";
import { gatherByTuples } from "./indexing-gradients.ts";
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

const count = (...shape: number[]) =>
  floats(
    Array.from({ length: elementCount(shape) }, (_, i) => i),
    shape,
  );

/** Operators of the gradient of Gather of rows of x [5, 2] by constant indices. */
function gradientOperators(indices: number[]): string[] {
  const g = newGraphBuilder();
  const x = g.input("x", [5, 2]);
  const rows = g.add("Gather", [x, g.constant(integers(indices))], { axis: 0 });
  const loss = g.add("Mul", [rows, rows], {});
  const graph = valueAndGrad(g.finish([loss]), loss, [x]);
  return graph.nodes
    .map(({ op }) => op)
    .filter((op) => op !== "Mul" && op !== "Add")
    .slice(1);
}

describe("Gather", () => {
  it("takes blocks along an axis, counting negative indices from the end", () => {
    const result = evaluate(
      "Gather",
      [count(2, 3), integers([2, -3], [1, 2])],
      { axis: 1 },
    );
    expect(result).toEqual({
      dtype: "float32",
      shape: [2, 1, 2],
      values: [2, 0, 5, 3],
    });
  });
  it("drops the axis for a scalar index, as shape arithmetic does", () => {
    expect(
      evaluate("Gather", [integers([7, 8, 9]), integers([1], [])], { axis: 0 }),
    ).toEqual({ dtype: "int64", shape: [], values: [8] });
  });
  it.each([[3], [-4]])(
    "refuses the known index %i of three before any run",
    (index) => {
      const g = newGraphBuilder();
      const add = () =>
        g.add("Gather", [g.input("x", [3]), g.constant(integers([index]))], {
          axis: 0,
        });
      expect(add).toThrow("outside of an axis of 3");
    },
  );
  it("refuses indices that are not int64", () => {
    expect(() => evaluate("Gather", [count(3), count(1)], { axis: 0 })).toThrow(
      "takes int64",
    );
  });
  it.each([
    ["a permutation", [2, 0, 3, 1, 4]],
    ["a constant step", [0, 2, 4]],
    ["a negative step", [4, 2]],
    ["one", [-2]],
    ["no repeats", [4, 0, 1]],
    ["repeats", [1, 1, 3, 1]],
    ["none", []],
  ])(
    "has the gradient of differences along every axis: %s",
    async (_, indices) => {
      await expectGradient("Gather", [sample([5, 2]), integers(indices)], {
        axis: 0,
      });
      await expectGradient("Gather", [sample([2, 5, 2]), integers(indices)], {
        axis: 1,
      });
    },
  );
  it("has the gradient of differences for indices of two axes", async () => {
    await expectGradient(
      "Gather",
      [sample([2, 5, 2]), integers([4, 1, 0, 4], [2, 2])],
      { axis: 1 },
    );
    await expectGradient(
      "Gather",
      [sample([2, 5, 2]), integers([4, 1, 0, 2], [2, 2])],
      { axis: 1 },
    );
  });
  it("scatters only where indices repeat", () => {
    expect(gradientOperators([2, 0, 3, 1, 4])).toEqual(["Gather"]);
    expect(gradientOperators([1, 2])).toEqual(["Pad"]);
    expect(gradientOperators([3, 0, 1])).toEqual(["Pad", "Gather"]);
    expect(gradientOperators([1, 1])).toEqual(["ScatterND"]);
  });
  it("scatters by indices that are known at the run only", async () => {
    const g = newGraphBuilder();
    const x = g.input("x", [2, 3]);
    const indices = g.input("indices", [4], "int64");
    const loss = g.add(
      "Mul",
      [g.add("Gather", [x, indices], { axis: 1 }), g.constant(count(2, 4))],
      {},
    );
    const step = await referenceBackend().compile(
      valueAndGrad(g.finish([loss]), loss, [x]),
    );
    const feeds = {
      x: new Float32Array(6),
      indices: Float64Array.of(0, -1, 2, 0),
    };
    expect([...(await step.run(feeds))[1].data]).toEqual([
      0 + 3,
      0,
      1 + 2,
      4 + 7,
      0,
      5 + 6,
    ]);
    await expect(
      step.run({ ...feeds, indices: Float64Array.of(0, 3, 0, 0) }),
    ).rejects.toThrow("index 3 points outside");
  });
});

describe("GatherElements", () => {
  it("picks an element for each index", () => {
    const result = evaluate(
      "GatherElements",
      [count(3, 3), integers([1, 2, 0, -1, 0, 0], [2, 3])],
      { axis: 0 },
    );
    expect(result).toEqual({
      dtype: "float32",
      shape: [2, 3],
      values: [3, 7, 2, 6, 1, 2],
    });
  });
  it("refuses indices that exceed data", () => {
    expect(() =>
      evaluate("GatherElements", [count(2, 2), integers([0, 0, 0], [3, 1])], {
        axis: 1,
      }),
    ).toThrow("exceed");
  });
  it("has the gradient of differences, repeats added up", async () => {
    await expectGradient(
      "GatherElements",
      [sample([3, 4]), integers([1, 1, 3, 0, -1, 3], [2, 3])],
      { axis: 1 },
    );
  });
});

describe("ScatterElements", () => {
  const indices = integers([1, 0, 2, 0, 2, 1], [2, 3]);
  it("writes or adds each update where its index points", () => {
    const operands = [
      count(3, 3),
      integers([1, 1, 2], [1, 3]),
      floats([10, 20, 30], [1, 3]),
    ];
    expect(
      evaluate("ScatterElements", operands, { axis: 0, reduction: "none" })
        .values,
    ).toEqual([0, 1, 2, 10, 20, 5, 6, 7, 30]);
    expect(
      evaluate("ScatterElements", operands, { axis: 0, reduction: "add" })
        .values,
    ).toEqual([0, 1, 2, 13, 24, 5, 6, 7, 38]);
  });
  it("refuses updates of another shape or type, and sums of truth values", () => {
    const at = integers([0]);
    const bools: Tensor = { dtype: "bool", shape: [1], data: Uint8Array.of(1) };
    const add = { axis: 0, reduction: "add" } as const;
    expect(() =>
      evaluate("ScatterElements", [count(3), at, count(2)], add),
    ).toThrow("differ in shape");
    expect(() => evaluate("ScatterElements", [count(3), at, at], add)).toThrow(
      "differ in type",
    );
    expect(() => evaluate("ScatterElements", [bools, at, bools], add)).toThrow(
      "takes float32 or int64",
    );
    expect(
      evaluate("ScatterElements", [bools, at, bools], {
        axis: 0,
        reduction: "none",
      }),
    ).toMatchObject({ dtype: "bool", values: [1] });
  });
  it.each(["none", "add"] as const)(
    "has the gradient of differences, reduction %s",
    async (reduction) => {
      await expectGradient(
        "ScatterElements",
        [sample([3, 3]), indices, sample([2, 3], 2)],
        { axis: 0, reduction },
      );
    },
  );
  it("has the gradient of differences where sums collide", async () => {
    await expectGradient(
      "ScatterElements",
      [sample([4]), integers([2, 2, -2]), sample([3], 2)],
      { axis: 0, reduction: "add" },
    );
  });
});

describe("ScatterND", () => {
  it("writes blocks where tuples of indices point", () => {
    const updates = floats([10, 20], [1, 2]);
    const none = { reduction: "none" } as const;
    expect(
      evaluate(
        "ScatterND",
        [count(2, 2), integers([-1], [1, 1]), updates],
        none,
      ).values,
    ).toEqual([0, 1, 10, 20]);
    const elements = [
      count(2, 2),
      integers([0, 1, 1, 0], [2, 2]),
      floats([10, 20]),
    ];
    expect(evaluate("ScatterND", elements, none).values).toEqual([
      0, 10, 20, 3,
    ]);
    expect(
      evaluate("ScatterND", elements, { reduction: "add" }).values,
    ).toEqual([0, 11, 22, 3]);
  });
  it("refuses tuples wider than data, and updates that do not fit", () => {
    const add = { reduction: "add" } as const;
    expect(() =>
      evaluate(
        "ScatterND",
        [count(2), integers([0, 0], [1, 2]), count(1)],
        add,
      ),
    ).toThrow("places an index");
    expect(() =>
      evaluate(
        "ScatterND",
        [count(2, 3), integers([0], [1, 1]), count(1, 2)],
        add,
      ),
    ).toThrow("updates should be [1,3]");
    expect(() =>
      evaluate("ScatterND", [count(2), integers([5], [1, 1]), count(1)], add),
    ).toThrow("index 5 points outside");
  });
  it.each([
    ["blocks", "none", [1, 0], [2, 1], [2, 4]],
    ["blocks", "add", [1, 1], [2, 1], [2, 4]],
    ["elements", "none", [0, 1, 2, 3], [2, 2], [2]],
    ["elements", "add", [0, 1, -3, 1], [2, 2], [2]],
  ] as const)(
    "has the gradient of differences: %s, %s",
    async (_, reduction, indices, shape, updates) => {
      await expectGradient(
        "ScatterND",
        [sample([3, 4]), integers(indices, shape), sample(updates, 2)],
        { reduction },
      );
    },
  );
});

describe("gatherByTuples", () => {
  it("reads what ScatterND would write, for indices known at the run only", async () => {
    const g = newGraphBuilder();
    const indices = g.input("indices", [2, 2], "int64");
    const executable = await referenceBackend().compile(
      g.finish([gatherByTuples(g, g.input("x", [2, 3, 2]), indices)]),
    );
    const [result] = await executable.run({
      x: Float32Array.from(count(12).data),
      indices: Float64Array.of(1, -1, 0, 1),
    });
    expect([result.shape, [...result.data]]).toEqual([
      [2, 2],
      [10, 11, 2, 3],
    ]);
  });
});
