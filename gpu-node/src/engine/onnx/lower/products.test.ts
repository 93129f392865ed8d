import { describe, expect, it } from "vitest";
import type { FileAttribute } from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const einsum = (
  equation: string,
  ...shapes: readonly (readonly number[])[]
): OneOperator => ({
  opset: 12,
  op: "Einsum",
  shapes,
  attributes: { equation: { text: equation } },
});
const gemm = (attributes: Record<string, FileAttribute>): OneOperator => ({
  opset: 13,
  op: "Gemm",
  shapes: [[3, 4]],
  constants: [constant("b", [4, 5]), constant("c", [5])],
  attributes,
});

describe("products mean what ONNX Runtime computes", () => {
  it.each([
    [
      "MatMul, stacked and broadcast",
      {
        opset: 9,
        op: "MatMul",
        shapes: [
          [2, 1, 3, 4],
          [5, 4, 2],
        ],
      },
    ],
    [
      "MatMul of a vector",
      { opset: 9, op: "MatMul", shapes: [[2, 3, 4], [4]] },
    ],
    [
      "MatMul by a constant, a head without a bias",
      {
        opset: 13,
        op: "MatMul",
        shapes: [[3, 4]],
        constants: [constant("b", [4, 5])],
      },
    ],
    [
      "Gemm with alpha and beta",
      gemm({ alpha: { float: 0.5 }, beta: { float: 2 } }),
    ],
    ["Gemm with beta 0", gemm({ beta: { float: 0 } })],
    [
      "Gemm transposed, without C",
      {
        opset: 11,
        op: "Gemm",
        shapes: [[4, 3]],
        constants: [constant("b", [5, 4])],
        attributes: { transA: { int: 1 }, transB: { int: 1 } },
      },
    ],
    [
      "Gemm with a scalar C",
      {
        opset: 7,
        op: "Gemm",
        shapes: [[3, 4]],
        constants: [constant("b", [4, 5]), constant("c", [1])],
      },
    ],
  ] satisfies [string, OneOperator][])("%s", (_title, one) =>
    expectAsOnnxRuntime(oneOperator(one)),
  );

  it.each([
    [
      "bhid,bhjd->bhij",
      [
        [2, 3, 4, 5],
        [2, 3, 6, 5],
      ],
    ],
    [
      "bhij,bhjd->bihd",
      [
        [2, 3, 4, 6],
        [2, 3, 6, 5],
      ],
    ],
    [
      "b i d , d e -> b i e",
      [
        [2, 4, 5],
        [5, 3],
      ],
    ],
    [
      "bi,bi->b",
      [
        [2, 4],
        [2, 4],
      ],
    ],
    ["i,j->ij", [[3], [4]]],
    [
      "ij,jk",
      [
        [3, 4],
        [4, 2],
      ],
    ],
    [
      "...ij,jk->...ik",
      [
        [2, 3, 4, 5],
        [5, 2],
      ],
    ],
    [
      "...ij,...jk->...ik",
      [
        [2, 4, 5],
        [2, 5, 3],
      ],
    ],
    ["bij->bji", [[2, 3, 4]]],
    ["bij->bi", [[2, 3, 4]]],
    [
      "ijk,ak->ia",
      [
        [2, 3, 4],
        [5, 4],
      ],
    ],
  ] satisfies [string, number[][]][])("Einsum %s", (equation, shapes) =>
    expectAsOnnxRuntime(oneOperator(einsum(equation, ...shapes))),
  );
});

describe("what cannot be read is refused, naming the node", () => {
  it.each([
    [einsum("ii->i", [3, 3]), /repeats a letter/],
    [einsum("ij,jk->iz", [2, 3], [3, 4]), /makes an axis of nothing/],
    [einsum("ij,jk->ik", [2, 3], [4, 4]), /axis "j" has 3 elements and 4/],
    [einsum("ij,jk,kl->il", [2, 3], [3, 4], [4, 5]), /more than two operands/],
    [einsum("ij->ij", [2, 3, 4]), /does not fit \[2,3,4\]/],
    [einsum("i?->i", [2, 3]), /cannot be read/],
    [einsum("ij", [2, 3], [3, 4]), /cannot be read/],
  ] satisfies [OneOperator, RegExp][])("%#", (one, message) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(message);
  });

  it("inner sizes that differ", () => {
    const one = {
      opset: 13,
      op: "MatMul",
      shapes: [
        [2, 3],
        [4, 5],
      ],
    };
    expect(() => lowerFile(oneOperator(one))).toThrow(
      /^model.onnx: MatMul "y0" \(opset 13\) does not fit its inputs/,
    );
  });
});
