/**
 * A tensor in memory: what constants hold and reference kernels compute with.
 *
 * Integers are held as doubles, exact to 2^53. The only larger ones that exporters write mean "to the end" or
 * "from the start" (±2^63 in Slice), and clamping treats them rightly.
 */
import { MotifError } from "../../motif-error.ts";

export type DType = "float32" | "int64" | "bool";

/** Sizes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** float32 values may be computed in double precision (the oracle does), so both arrays stand for that type. */
export type TensorData = Float32Array | Float64Array | Uint8Array;

/** Row-major values. float32: Float32Array or Float64Array; int64: Float64Array; bool: Uint8Array of 0 and 1. */
export interface Tensor extends TensorType {
  readonly data: TensorData;
}

/** More elements than any tensor of an image classifier needs (4 GiB of float32): beyond it a shape is not credible. */
export const mostElements = 2 ** 30;

export function elementCount(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Steps between neighbours along each axis of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

export function isSameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `float32[2,3,32,32]`, for messages and print-outs. */
export function formatType({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join(",")}]`;
}

/**
 * A tensor of `type` filled with zeros, in the precision of `like` where that is a float tensor.
 * @param like the inputs a kernel computes from; the first float one decides between Float32Array and Float64Array
 * @throws MotifError "graph" when the shape is not credible
 */
export function zeros(
  type: TensorType,
  ...like: readonly (Tensor | null | undefined)[]
): Tensor {
  const count = elementCount(type.shape);
  if (!(count <= mostElements))
    throw new MotifError(
      "graph",
      `a tensor ${formatType(type)} is too large to compute`,
    );
  const { dtype, shape } = type;
  if (dtype === "bool") return { dtype, shape, data: new Uint8Array(count) };
  if (dtype === "int64") return { dtype, shape, data: new Float64Array(count) };
  const isDouble = like.some(
    (tensor) =>
      tensor?.dtype === "float32" && tensor.data instanceof Float64Array,
  );
  return {
    dtype,
    shape,
    data: isDouble ? new Float64Array(count) : new Float32Array(count),
  };
}

/** float32 tensor from plain numbers. */
export function floats(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
): Tensor {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

/** int64 tensor from plain numbers. */
export function integers(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
): Tensor {
  return { dtype: "int64", shape, data: Float64Array.from(values) };
}
