/** For tests: cases of every operator, total by type: an operator without any does not compile. */
import type { OpType } from "../../graph/operators.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { layout } from "./layout.ts";
import type { OperatorCase } from "./operator-case.ts";
import { pooling } from "./pooling.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import { resize } from "./resize.ts";

const cases: { readonly [Op in OpType]: readonly OperatorCase<Op>[] } = {
  ...elementwise,
  ...reductions,
  ...products,
  ...convolution,
  ...pooling,
  ...layout,
  ...indexing,
  ...resize,
};

export function casesOf(op: OpType): readonly OperatorCase[] {
  return cases[op];
}
