/** The one table of forward implementations: total by type, so that an operator that tfjs cannot run does not compile. */
import type { OpType } from "../../graph/operators.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { layout } from "./layout.ts";
import { pooling } from "./pooling.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import type { Forward } from "./site.ts";

const table: { readonly [Op in OpType]: Forward<Op> } = {
  ...elementwise,
  ...reductions,
  ...products,
  ...convolution,
  ...pooling,
  ...layout,
  ...indexing,
};

/** How an operator is computed by tfjs. */
export function forwardOf<Op extends OpType>(op: Op): Forward<Op> {
  return table[op];
}
