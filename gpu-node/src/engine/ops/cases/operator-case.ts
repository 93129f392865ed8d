/** For tests: an operator with inputs and attributes that every backend must compute alike. */
import type { Attributes, OpType } from "../../graph/operators.ts";
import {
  elementCount,
  integers,
  type Shape,
  type Tensor,
} from "../../graph/tensor.ts";
import { sequence } from "../check-operator.ts";

export interface OperatorCase<Op extends OpType = OpType> {
  readonly title: string;
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes: Attributes<Op>;
  /** Of central differences, where the usual one reaches over a kink. */
  readonly step?: number;
  /** Why the gradient is not held against differences: a kink is met on purpose. */
  readonly isAtKink?: boolean;
}

/** Cases of some operators: what each family file exports, with `satisfies OperatorCases`. */
export type OperatorCases = {
  readonly [Op in OpType]?: readonly OperatorCase<Op>[];
};

/** Numbers in (0.5, 1.5): for logarithms, roots and divisors. */
export function positive(shape: Shape, seed = 1): Tensor {
  const data = sequence(elementCount(shape), seed).map((x) => x / 2 + 1);
  return { dtype: "float32", shape, data };
}

/** Whole numbers from −range to range, as float32, with many repeats. */
export function wholes(shape: Shape, seed = 1, range = 3): Tensor {
  const data = sequence(elementCount(shape), seed).map(
    (x) => Math.round(x * range) + 0,
  );
  return { dtype: "float32", shape, data };
}

/** int64 numbers from −range to range. */
export function counts(shape: Shape, seed = 1, range = 5): Tensor {
  return integers(wholes(shape, seed, range).data, shape);
}

/** int64 numbers from 1 to range. */
export function naturals(shape: Shape, seed = 1, range = 5): Tensor {
  const { data } = counts(shape, seed, range);
  return integers(
    data.map((x) => Math.abs(x) || 1),
    shape,
  );
}

export function truths(shape: Shape, seed = 1): Tensor {
  const numbers = sequence(elementCount(shape), seed);
  return {
    dtype: "bool",
    shape,
    data: Uint8Array.from(numbers, (x) => (x > 0 ? 1 : 0)),
  };
}
