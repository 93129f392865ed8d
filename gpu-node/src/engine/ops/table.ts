/** The one table of operators: total by type, so that an operator without a rule does not compile. */
import { MotifError } from "../../motif-error.ts";
import {
  GraphBuilder,
  type OperatorSemantics,
} from "../graph/graph-builder.ts";
import type { OpType } from "../graph/operators.ts";
import { activations } from "./activations.ts";
import { arithmetic } from "./arithmetic.ts";
import { convolution } from "./convolution.ts";
import { indexing } from "./indexing.ts";
import { layout } from "./layout.ts";
import { logic } from "./logic.ts";
import { pooling } from "./pooling.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import { resize } from "./resize.ts";
import type { OpRule } from "./rule.ts";
import { softmax } from "./softmax.ts";
import { unary } from "./unary.ts";

const table: { readonly [Op in OpType]: OpRule<Op> } = {
  ...unary,
  ...activations,
  ...arithmetic,
  ...logic,
  ...reductions,
  ...softmax,
  ...products,
  ...convolution,
  ...pooling,
  ...layout,
  ...indexing,
  ...resize,
};

/** The rule of an operator. */
export function ruleOf<Op extends OpType>(op: Op): OpRule<Op> {
  return table[op];
}

export const opTypes = Object.keys(table) as OpType[];

const semantics: OperatorSemantics = {
  inferTypes(op, inputs, attributes) {
    return ruleOf<OpType>(op).infer(inputs, attributes);
  },
  evaluate(op, inputs, attributes, outputs) {
    const missing =
      inputs.length > 0 && inputs.every((input) => input === null);
    if (missing)
      throw new MotifError("graph", `${op}: every input is left out`);
    return ruleOf<OpType>(op).kernel(inputs, attributes, outputs);
  },
};

/**
 * A builder that knows every operator of the table.
 * @param beforeEvaluation called before a node of constants is computed, with what is known of it; may throw to refuse
 */
export function newGraphBuilder(
  beforeEvaluation?: (
    ...node: Parameters<OperatorSemantics["evaluate"]>
  ) => void,
): GraphBuilder {
  if (!beforeEvaluation) return new GraphBuilder(semantics);
  return new GraphBuilder({
    ...semantics,
    evaluate(...node) {
      beforeEvaluation(...node);
      return semantics.evaluate(...node);
    },
  });
}
