/** Matrix products. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import {
  elementCount,
  isSameShape,
  zeros,
  type Shape,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import {
  broadcastIndices,
  broadcastShapes,
  sumToShape,
} from "./broadcasting.ts";
import { checkType } from "./operands.ts";
import type { OpRules } from "./rule.ts";

const showShape = (shape: Shape) => `[${shape.join(",")}]`;

/** Shapes of a product of stacked matrices [...batch, rows, depth] · [...batch, depth, columns]. */
interface Stacked {
  readonly batch: Shape;
  readonly a: Shape;
  readonly b: Shape;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/** NumPy's rules: a 1-D first operand is one row, a 1-D second operand one column, and that axis is dropped after. */
function stack(a: Shape, b: Shape): Stacked {
  if (a.length === 0 || b.length === 0)
    throw new MotifError("graph", "takes operands of one axis or more");
  const stackedA = a.length === 1 ? [1, ...a] : a;
  const stackedB = b.length === 1 ? [...b, 1] : b;
  const [rows, depth] = stackedA.slice(-2) as [number, number];
  const [depthOfB, columns] = stackedB.slice(-2) as [number, number];
  if (depth !== depthOfB)
    throw new MotifError(
      "graph",
      `${showShape(a)} and ${showShape(b)} differ along the axis summed over`,
    );
  const batch = broadcastShapes(stackedA.slice(0, -2), stackedB.slice(0, -2));
  return { batch, a: stackedA, b: stackedB, rows, depth, columns };
}

function checkFloats(inputs: readonly (Value | null)[]): void {
  for (const value of inputs) if (value) checkType(value, "float32");
}

/** Adds A·B to `sums` [rows, columns], from the given offsets; row by row of B, which lies contiguously in memory. */
function accumulate(
  sums: Float64Array,
  [rows, depth, columns]: readonly [number, number, number],
  a: {
    readonly data: Tensor["data"];
    readonly start: number;
    readonly rowStep: number;
    readonly step: number;
  },
  b: { readonly data: Tensor["data"]; readonly start: number },
): void {
  for (let row = 0; row < rows; row++) {
    const to = row * columns;
    for (let k = 0; k < depth; k++) {
      const factor = a.data[a.start + row * a.rowStep + k * a.step];
      const from = b.start + k * columns;
      for (let column = 0; column < columns; column++)
        sums[to + column] += factor * b.data[from + column];
    }
  }
}

function multiply(
  [a, b]: readonly (Tensor | null)[],
  _: unknown,
  [type]: readonly TensorType[],
): Tensor[] {
  const {
    batch,
    a: shapeA,
    b: shapeB,
    rows,
    depth,
    columns,
  } = stack(a!.shape, b!.shape);
  const out = zeros(type, a, b);
  const matricesA = broadcastIndices(shapeA.slice(0, -2), batch);
  const matricesB = broadcastIndices(shapeB.slice(0, -2), batch);
  const sums = new Float64Array(rows * columns);
  for (let matrix = 0; matrix < matricesA.length; matrix++) {
    sums.fill(0);
    accumulate(
      sums,
      [rows, depth, columns],
      {
        data: a!.data,
        start: matricesA[matrix] * rows * depth,
        rowStep: depth,
        step: 1,
      },
      { data: b!.data, start: matricesB[matrix] * depth * columns },
    );
    out.data.set(sums, matrix * rows * columns);
  }
  return [out];
}

const reshape = (g: GraphBuilder, value: Value, shape: Shape): Value =>
  isSameShape(value.shape, shape)
    ? value
    : g.add("Reshape", [value], { shape });

/** Swaps the last two axes. */
function transpose(g: GraphBuilder, value: Value): Value {
  const rank = value.shape.length;
  const perm = value.shape.map((_, axis) => axis);
  return g.add("Transpose", [value], {
    perm: [...perm.slice(0, -2), rank - 1, rank - 2],
  });
}

function matMulVjp(
  g: GraphBuilder,
  node: Node<"MatMul">,
  [cotangent]: readonly (Value | null)[],
  wanted: readonly boolean[],
) {
  const [a, b] = node.inputs as [Value, Value];
  const shapes = stack(a.shape, b.shape);
  const { batch, rows, depth, columns } = shapes;
  if (shapes.b.length === 2) {
    // One matrix for all rows of all of A's matrices: one product each, and no transpose is written out.
    const allRows = elementCount(batch) * rows;
    const c = reshape(g, cotangent!, [allRows, columns]);
    const gemm = (
      left: Value,
      right: Value,
      transA: boolean,
      transB: boolean,
    ) => g.add("Gemm", [left, right], { transA, transB });
    return [
      wanted[0]
        ? reshape(
            g,
            gemm(c, reshape(g, b, [depth, columns]), false, true),
            a.shape,
          )
        : null,
      wanted[1]
        ? reshape(
            g,
            gemm(reshape(g, a, [allRows, depth]), c, true, false),
            b.shape,
          )
        : null,
    ];
  }
  const c = reshape(g, cotangent!, [...batch, rows, columns]);
  const partial = (left: Value, right: Value, stacked: Shape, shape: Shape) =>
    reshape(
      g,
      sumToShape(g, g.add("MatMul", [left, right], {}), stacked),
      shape,
    );
  return [
    wanted[0]
      ? partial(c, transpose(g, reshape(g, b, shapes.b)), shapes.a, a.shape)
      : null,
    wanted[1]
      ? partial(transpose(g, reshape(g, a, shapes.a)), c, shapes.b, b.shape)
      : null,
  ];
}

function inferGemm(
  inputs: readonly (Value | null)[],
  { transA, transB }: Attributes<"Gemm">,
): TensorType[] {
  const [a, b, bias] = inputs;
  if (!a || !b || inputs.length > 3)
    throw new MotifError("graph", "takes two matrices and perhaps a summand");
  checkFloats(inputs);
  if (a.shape.length !== 2 || b.shape.length !== 2)
    throw new MotifError("graph", "its operands should be matrices");
  const [rows, depth] = transA ? a.shape.toReversed() : a.shape;
  const [depthOfB, columns] = transB ? b.shape.toReversed() : b.shape;
  if (depth !== depthOfB)
    throw new MotifError(
      "graph",
      `the axes summed over have sizes ${depth} and ${depthOfB}`,
    );
  const shape = [rows, columns];
  if (bias && !isSameShape(broadcastShapes(bias.shape, shape), shape)) {
    throw new MotifError(
      "graph",
      `its summand ${showShape(bias.shape)} does not broadcast to ${showShape(shape)}`,
    );
  }
  return [{ dtype: "float32", shape }];
}

function gemm(
  [a, b, bias]: readonly (Tensor | null)[],
  { transA, transB }: Attributes<"Gemm">,
  [type]: readonly TensorType[],
): Tensor[] {
  const [rows, columns] = type.shape as [number, number];
  const depth = b!.shape[transB ? 1 : 0];
  const out = zeros(type, a, b, bias);
  const sums = new Float64Array(rows * columns);
  if (bias)
    broadcastIndices(bias.shape, type.shape).forEach(
      (from, to) => (sums[to] = bias.data[from]!),
    );
  accumulate(
    sums,
    [rows, depth, columns],
    transA
      ? { data: a!.data, start: 0, rowStep: 1, step: rows }
      : { data: a!.data, start: 0, rowStep: depth, step: 1 },
    { data: transB ? transposed(b!) : b!.data, start: 0 },
  );
  out.data.set(sums);
  return [out];
}

function transposed({ data, shape: [rows, columns] }: Tensor): Tensor["data"] {
  const out = data.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = data[row * columns + column]!;
  return out;
}

/** ∂A of A'·B' is c·B'ᵀ or its transpose, ∂B is A'ᵀ·c or its transpose: one Gemm each, whatever is transposed. */
function gemmVjp(
  g: GraphBuilder,
  node: Node<"Gemm">,
  [cotangent]: readonly (Value | null)[],
  wanted: readonly boolean[],
) {
  const [a, b, bias] = node.inputs as [Value, Value, Value | null | undefined];
  const { transA, transB } = node.attributes;
  const c = cotangent!;
  const product = (
    left: Value,
    right: Value,
    left_: boolean,
    right_: boolean,
  ) => g.add("Gemm", [left, right], { transA: left_, transB: right_ });
  const byA = () =>
    transA ? product(b, c, transB, true) : product(c, b, false, !transB);
  const byB = () =>
    transB ? product(c, a, true, transA) : product(a, c, !transA, false);
  return [
    wanted[0] ? byA() : null,
    wanted[1] ? byB() : null,
    bias && wanted[2] ? sumToShape(g, c, bias.shape) : null,
  ];
}

export const products = {
  MatMul: {
    infer: (inputs) => {
      const [a, b] = inputs;
      if (!a || !b || inputs.length !== 2)
        throw new MotifError("graph", "takes two inputs");
      checkFloats(inputs);
      const { batch, rows, columns } = stack(a.shape, b.shape);
      return [
        {
          dtype: "float32",
          shape: [
            ...batch,
            ...(a.shape.length === 1 ? [] : [rows]),
            ...(b.shape.length === 1 ? [] : [columns]),
          ],
        },
      ];
    },
    kernel: multiply,
    vjp: matMulVjp,
  },
  Gemm: { infer: inferGemm, kernel: gemm, vjp: gemmVjp },
} satisfies OpRules;
