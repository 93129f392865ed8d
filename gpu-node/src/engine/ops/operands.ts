/** Checks of operands that many operators share. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import type { DType } from "../graph/tensor.ts";

/** @throws MotifError "graph" when `value` is of none of the types `allowed` */
export function checkType(value: Value, ...allowed: readonly DType[]): void {
  if (!allowed.includes(value.dtype)) {
    throw new MotifError(
      "graph",
      `takes ${allowed.join(" or ")}, given ${value.dtype}`,
    );
  }
}

/** The operator's one input. @throws MotifError "graph" when there is none or more, or it is of none of the types `allowed` */
export function oneOperand(
  inputs: readonly (Value | null)[],
  ...allowed: readonly DType[]
): Value {
  const [input] = inputs;
  if (!input || inputs.length !== 1)
    throw new MotifError("graph", `takes one input, given ${inputs.length}`);
  checkType(input, ...allowed);
  return input;
}
