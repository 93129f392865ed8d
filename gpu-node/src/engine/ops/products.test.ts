import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph/operators.ts";
import { floats, integers, type Shape, type Tensor } from "../graph/tensor.ts";
import { expectGradient, sample } from "./check-operator.ts";
import { newGraphBuilder, ruleOf } from "./table.ts";

function evaluate(
  op: "MatMul" | "Gemm",
  inputs: readonly (Tensor | null)[],
  attributes: Attributes<"Gemm"> | object,
): Tensor {
  const g = newGraphBuilder();
  const result = g.add(
    op,
    inputs.map((x) => x && g.constant(x)),
    attributes,
  );
  return { dtype: result.dtype, shape: result.shape, data: result.data! };
}

/** Element of a [.., rows, columns] product by its definition, with batch axes that are there in both operands. */
function productByDefinition(
  a: readonly number[][],
  b: readonly number[][],
): number[][] {
  return a.map((row) =>
    b[0].map((_, column) =>
      row.reduce((sum, x, k) => sum + x * b[k][column], 0),
    ),
  );
}

const matrix = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0] }, (_, row) =>
    Array.from(data.subarray(row * shape[1], (row + 1) * shape[1])),
  );

const transposed = (rows: readonly number[][]): number[][] =>
  rows[0].map((_, column) => rows.map((row) => row[column]));

function expectClose(
  actual: ArrayLike<number>,
  expected: readonly number[],
): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, index) =>
    expect(actual[index]).toBeCloseTo(value, 5),
  );
}

describe("MatMul", () => {
  it("multiplies matrices", () => {
    const result = evaluate(
      "MatMul",
      [
        floats([1, 2, 3, 4, 5, 6], [2, 3]),
        floats([7, 8, 9, 10, 11, 12], [3, 2]),
      ],
      {},
    );
    expect(result.shape).toEqual([2, 2]);
    expect([...result.data]).toEqual([58, 64, 139, 154]);
  });

  it("takes a 1-D operand as a row or a column and drops that axis", () => {
    const vector = floats([1, 2, 3]);
    const rows = floats([1, 0, 0, 0, 1, 1], [2, 3]);
    expect(evaluate("MatMul", [vector, vector], {})).toMatchObject({
      shape: [],
      data: Float32Array.of(14),
    });
    expect(evaluate("MatMul", [rows, vector], {})).toMatchObject({
      shape: [2],
      data: Float32Array.of(1, 5),
    });
    const columns = floats([1, 0, 0, 1, 0, 1], [3, 2]);
    expect(evaluate("MatMul", [vector, columns], {})).toMatchObject({
      shape: [2],
      data: Float32Array.of(1, 5),
    });
  });

  it("broadcasts batch axes of both operands", () => {
    const a = sample([2, 1, 2, 3], 3);
    const b = sample([4, 3, 2], 4);
    const result = evaluate("MatMul", [a, b], {});
    expect(result.shape).toEqual([2, 4, 2, 2]);
    for (const i of [0, 1]) {
      for (const j of [0, 1, 2, 3]) {
        const left = matrix({
          ...a,
          shape: [2, 3],
          data: a.data.slice(i * 6, i * 6 + 6),
        });
        const right = matrix({
          ...b,
          shape: [3, 2],
          data: b.data.slice(j * 6, j * 6 + 6),
        });
        const at = (i * 4 + j) * 4;
        expectClose(
          result.data.slice(at, at + 4),
          productByDefinition(left, right).flat(),
        );
      }
    }
  });

  it("sums in double precision", () => {
    const result = evaluate(
      "MatMul",
      [floats([2 ** 24, 1, 1]), floats([1, 1, 1])],
      {},
    );
    expect(result.data[0]).toBe(2 ** 24 + 2);
  });

  const shapes: readonly (readonly [Shape, Shape])[] = [
    [
      [2, 3],
      [3, 4],
    ],
    [[3], [3]],
    [[3], [3, 2]],
    [[2, 3], [3]],
    [
      [2, 4, 3],
      [3, 2],
    ],
    [[2, 2, 4, 3], [3]],
    [[3], [2, 3, 2]],
    [
      [4, 3],
      [2, 3, 2],
    ],
    [
      [2, 4, 3],
      [2, 3, 2],
    ],
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
    [
      [1, 2, 3],
      [2, 3, 2],
    ],
    [
      [2, 2, 3],
      [1, 3, 2],
    ],
  ];
  it.each(shapes)("has the gradient of [%s] · [%s]", async (a, b) => {
    await expectGradient("MatMul", [sample(a, 1), sample(b, 2)], {});
    await expectGradient(
      "MatMul",
      [sample(a, 1), sample(b, 2)],
      {},
      { constants: [1] },
    );
    await expectGradient(
      "MatMul",
      [sample(a, 1), sample(b, 2)],
      {},
      { constants: [0] },
    );
  });

  it("has a gradient of one product by an input times a constant matrix, without a second copy of the weights", () => {
    const g = newGraphBuilder();
    const out = g.add(
      "MatMul",
      [g.input("x", [4, 3]), g.constant(sample([3, 2]))],
      {},
    );
    const before = g.nodes.length;
    ruleOf("MatMul").vjp!(
      g,
      g.nodes[0] as never,
      [g.input("c", out.shape)],
      [true, false],
    );
    expect(g.nodes.slice(before).map((node) => node.op)).toEqual(["Gemm"]);
  });

  it.each([
    [
      "sizes that differ",
      floats([1, 2, 3]),
      floats([1, 2]),
      /differ along the axis summed over/,
    ],
    [
      "batch axes that do not broadcast",
      sample([2, 2, 3]),
      sample([3, 3, 2]),
      /do not broadcast/,
    ],
    ["a scalar", floats([1], []), floats([1, 2]), /one axis or more/],
    [
      "integers",
      integers([1, 2]),
      integers([1, 2]),
      /takes float32, given int64/,
    ],
  ])("refuses %s", (_, a, b, message) => {
    expect(() => evaluate("MatMul", [a, b], {})).toThrow(message);
  });
});

describe("Gemm", () => {
  const transposes = [
    { transA: false, transB: false },
    { transA: false, transB: true },
    { transA: true, transB: false },
    { transA: true, transB: true },
  ];
  const summands: readonly (Shape | null)[] = [
    null,
    [],
    [4],
    [1, 4],
    [2, 1],
    [2, 4],
  ];
  const cases = transposes.flatMap((t) =>
    summands.map((summand) => ({ ...t, summand })),
  );
  const operands = ({ transA, transB, summand }: (typeof cases)[number]) => [
    sample(transA ? [3, 2] : [2, 3], 1),
    sample(transB ? [4, 3] : [3, 4], 2),
    ...(summand ? [sample(summand, 3)] : []),
  ];

  it.each(cases)(
    "is A'·B' + C with transA=$transA transB=$transB C=$summand",
    (attributes) => {
      const [a, b, c] = operands(attributes);
      const left = attributes.transA ? transposed(matrix(a)) : matrix(a);
      const right = attributes.transB ? transposed(matrix(b)) : matrix(b);
      const expected = productByDefinition(left, right).map((row, i) =>
        row.map((value, j) => {
          if (!c) return value;
          const columns = c.shape.at(-1) ?? 1;
          const rows = c.shape.at(-2) ?? 1;
          return (
            value +
            c.data[(rows === 1 ? 0 : i) * columns + (columns === 1 ? 0 : j)]
          );
        }),
      );
      const result = evaluate("Gemm", [a, b, c ?? null], attributes);
      expect(result.shape).toEqual([2, 4]);
      expectClose(result.data, expected.flat());
    },
  );

  it.each(cases)(
    "has a gradient with transA=$transA transB=$transB C=$summand",
    async (attributes) => {
      await expectGradient("Gemm", operands(attributes), {
        transA: attributes.transA,
        transB: attributes.transB,
      });
    },
  );

  it.each(transposes)(
    "has a gradient by A of one Gemm with transA=$transA transB=$transB",
    (attributes) => {
      const [a, b] = operands({ ...attributes, summand: null });
      const g = newGraphBuilder();
      g.add("Gemm", [g.input("a", a.shape), g.constant(b)], attributes);
      ruleOf("Gemm").vjp!(
        g,
        g.nodes[0] as never,
        [g.input("c", [2, 4])],
        [true, false],
      );
      expect(g.nodes.map((node) => node.op)).toEqual(["Gemm", "Gemm"]);
    },
  );

  it.each([
    ["sizes that differ", [sample([2, 3]), sample([4, 2])], /sizes 3 and 4/],
    [
      "operands that are no matrices",
      [sample([1, 2, 3]), sample([3, 2])],
      /should be matrices/,
    ],
    [
      "a summand that does not fit",
      [sample([2, 3]), sample([3, 4]), sample([3])],
      /do not broadcast/,
    ],
    [
      "a summand larger than the product",
      [sample([2, 3]), sample([3, 4]), sample([1, 2, 4])],
      /does not broadcast to \[2,4\]/,
    ],
    [
      "integers",
      [integers([1], [1, 1]), integers([1], [1, 1])],
      /takes float32, given int64/,
    ],
  ])("refuses %s", (_, inputs, message) => {
    expect(() =>
      evaluate("Gemm", inputs, { transA: false, transB: false }),
    ).toThrow(message);
  });
});
