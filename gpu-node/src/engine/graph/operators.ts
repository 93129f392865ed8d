/**
 * The operator vocabulary: ONNX names and meanings (ai.onnx, opset 18), in one canonical form per operator.
 *
 * Operands that must be known when a graph is built (target shapes, axes, pads, bounds) are attributes here, whatever
 * the opset a model came in; the importer turns inputs into attributes and the exporter turns them back. Axes are
 * non-negative. Pads are [top, left, bottom, right] for pictures, [all begins, all ends] for Pad, as in ONNX.
 * Compound operators (LayerNormalization, HardSwish, Einsum, …) are not here: the importer writes them out with these.
 */
import type { DType } from "./tensor.ts";

type None = Record<never, never>;

interface ConvolutionAttributes {
  readonly strides: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly group: number;
}

interface PoolAttributes {
  readonly kernelShape: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly ceilMode: boolean;
}

interface ReductionAttributes {
  /** Ascending, non-negative, none twice. Never empty: the importer writes "all" out. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface OperatorAttributes {
  // One float input, same shape out.
  Abs: None;
  Ceil: None;
  Cos: None;
  Erf: None;
  Exp: None;
  Floor: None;
  Log: None;
  Neg: None;
  Reciprocal: None;
  Round: None;
  Sign: None;
  Sin: None;
  Sqrt: None;

  // Activations.
  Relu: None;
  Sigmoid: None;
  Tanh: None;
  Softplus: None;
  LeakyRelu: { readonly alpha: number };
  Elu: { readonly alpha: number };
  /** max(0, min(1, alpha·x + beta)) */
  HardSigmoid: { readonly alpha: number; readonly beta: number };
  /** Bounds may be infinite. */
  Clip: { readonly min: number; readonly max: number };

  // Two inputs, broadcast.
  Add: None;
  Sub: None;
  Mul: None;
  /** Integers divide truncating towards zero. */
  Div: None;
  Pow: None;
  Min: None;
  Max: None;
  /** isFmod: the result has the sign of the dividend (C's fmod), else of the divisor. */
  Mod: { readonly isFmod: boolean };

  // Truth values.
  Equal: None;
  Greater: None;
  GreaterOrEqual: None;
  Less: None;
  LessOrEqual: None;
  And: None;
  Or: None;
  Not: None;
  /** (condition, whereTrue, whereFalse), broadcast. */
  Where: None;
  Cast: { readonly to: DType };

  // Reductions.
  ReduceSum: ReductionAttributes;
  ReduceMean: ReductionAttributes;
  ReduceMax: ReductionAttributes;
  ReduceMin: ReductionAttributes;
  ReduceProd: ReductionAttributes;
  /** int64 out; the first of equal values. */
  ArgMax: { readonly axis: number; readonly keepDims: boolean };
  Softmax: { readonly axis: number };
  LogSoftmax: { readonly axis: number };

  // Products.
  MatMul: None;
  /** (A, B) or (A, B, C): A' B' + C with C broadcast to [rows, columns]; alpha = beta = 1. */
  Gemm: { readonly transA: boolean; readonly transB: boolean };
  /** (X [N, C, H, W], filter [M, C/group, kH, kW]) or with a bias [M]. */
  Conv: ConvolutionAttributes;
  /** (X [N, C, H, W], filter [C, M/group, kH, kW]) or with a bias [M]. outputPadding: rows and columns added at the end. */
  ConvTranspose: ConvolutionAttributes & {
    readonly outputPadding: readonly [number, number];
  };

  // Pools. MaxPool has two outputs: the maxima, and their int64 flat indices into X (row-major over N, C, H, W).
  MaxPool: PoolAttributes;
  AveragePool: PoolAttributes & { readonly countIncludePad: boolean };

  // Layout.
  /** Every size given; no 0 or −1 left. */
  Reshape: { readonly shape: readonly number[] };
  Transpose: { readonly perm: readonly number[] };
  /** To exactly this shape (ONNX's two-way broadcast already worked out). */
  Expand: { readonly shape: readonly number[] };
  /** One or more inputs. */
  Concat: { readonly axis: number };
  /** starts and ends are clamped to the tensor; a negative step counts down and ends may then be −1: before the first. */
  Slice: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  };
  /** Negative pads crop. value is used by mode "constant". */
  Pad: {
    readonly pads: readonly number[];
    readonly mode: "constant" | "reflect" | "edge";
    readonly value: number;
  };

  // Indexing, by int64 indices; negative ones count from the end.
  Gather: { readonly axis: number };
  GatherElements: { readonly axis: number };
  /** (data, indices, updates) */
  ScatterElements: {
    readonly axis: number;
    readonly reduction: "none" | "add";
  };
  /** (data, indices, updates) */
  ScatterND: { readonly reduction: "none" | "add" };

  /** Over the last two axes of [N, C, H, W], to `sizes` [height, width]; scales are what coordinates are computed with. */
  Resize: {
    readonly mode: "nearest" | "linear";
    readonly coordinateTransformationMode:
      "half_pixel" | "pytorch_half_pixel" | "align_corners" | "asymmetric";
    readonly nearestMode:
      "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
    readonly scales: readonly [number, number];
    readonly sizes: readonly [number, number];
  };
}

export type OpType = keyof OperatorAttributes;
export type Attributes<Op extends OpType = OpType> = OperatorAttributes[Op];
