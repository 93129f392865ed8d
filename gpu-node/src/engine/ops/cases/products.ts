/** For tests: matrix products. */
import type { Shape } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import type { OperatorCases } from "./operator-case.ts";

const stacked: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [[3], [3, 4]],
  [[2, 3], [3]],
  [[3], [3]],
  [
    [2, 4, 3],
    [3, 2],
  ],
  [
    [2, 3, 4, 3],
    [3, 2],
  ],
  [
    [4, 3],
    [2, 3, 2],
  ],
  [
    [2, 4, 3],
    [2, 3, 2],
  ],
  [
    [2, 1, 4, 3],
    [1, 3, 3, 2],
  ],
  [
    [2, 2, 3],
    [1, 3, 2],
  ],
  [[2, 4, 3], [3]],
  [[3], [2, 3, 2]],
  [
    [1, 17],
    [17, 33],
  ],
];

export const products = {
  MatMul: stacked.map(([a, b]) => ({
    title: `[${a.join(",")}] · [${b.join(",")}]`,
    inputs: [sample(a, 1), sample(b, 2)],
    attributes: {},
  })),
  Gemm: [true, false].flatMap((transA) =>
    [true, false].flatMap((transB) =>
      [null, [4], [1, 4], [2, 1], [2, 4], []].map((summand) => ({
        title: `transA ${transA}, transB ${transB}, ${summand ? `summand [${summand.join(",")}]` : "no summand"}`,
        inputs: [
          sample(transA ? [3, 2] : [2, 3], 1),
          sample(transB ? [4, 3] : [3, 4], 2),
          ...(summand ? [sample(summand, 3)] : []),
        ],
        attributes: { transA, transB },
      })),
    ),
  ),
} satisfies OperatorCases;
