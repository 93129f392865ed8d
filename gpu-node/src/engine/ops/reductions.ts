/** Sums, means, extremes and products over axes. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import {
  elementCount,
  isSameShape,
  zeros,
  type DType,
  type Shape,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { broadcastIndices } from "./broadcasting.ts";
import { oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";

type ReductionAttributes = Attributes<"ReduceSum">;
type Reduction =
  "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

/** `shape` with size 1 along `axes`. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

function reducedShape(
  shape: Shape,
  { axes, keepDims }: ReductionAttributes,
): number[] {
  return keepDims
    ? keptShape(shape, axes)
    : shape.filter((_, axis) => !axes.includes(axis));
}

function inferReduction(...allowed: readonly DType[]) {
  return (
    inputs: readonly (Value | null)[],
    attributes: ReductionAttributes,
  ): TensorType[] => {
    const { dtype, shape } = oneOperand(inputs, ...allowed);
    const { axes } = attributes;
    const areAxes = axes.every(
      (axis, index) => axis in shape && (index === 0 || axis > axes[index - 1]),
    );
    if (!areAxes || (axes.length === 0 && shape.length > 0)) {
      throw new MotifError(
        "graph",
        `axes [${axes.join(",")}] are not distinct ascending axes of [${shape.join(",")}]`,
      );
    }
    return [{ dtype, shape: reducedShape(shape, attributes) }];
  };
}

/** Folds all elements that fall together with `f`, in double precision; `finish` gets the result and their number. */
function fold(
  start: number,
  f: (total: number, x: number) => number,
  finish?: (total: number, count: number) => number,
) {
  return (
    [x]: readonly (Tensor | null)[],
    { axes }: ReductionAttributes,
    [type]: readonly TensorType[],
  ): Tensor[] => {
    const { data, shape } = x!;
    const out = zeros(type, x);
    const totals = new Float64Array(out.data.length).fill(start);
    const target = broadcastIndices(keptShape(shape, axes), shape);
    for (let i = 0; i < data.length; i++)
      totals[target[i]] = f(totals[target[i]], data[i]);
    const count = elementCount(axes.map((axis) => shape[axis]));
    for (let i = 0; i < totals.length; i++)
      out.data[i] = finish ? finish(totals[i], count) : totals[i];
    return [out];
  };
}

/** A reduced value with the reduced axes put back as size 1, so that it broadcasts against the input. */
function withAxes(g: GraphBuilder, value: Value, node: Node<Reduction>): Value {
  const shape = keptShape(node.inputs[0]!.shape, node.attributes.axes);
  return isSameShape(value.shape, shape)
    ? value
    : g.add("Reshape", [value], { shape });
}

function expand(g: GraphBuilder, value: Value, shape: Shape): Value {
  return isSameShape(value.shape, shape)
    ? value
    : g.add("Expand", [value], { shape });
}

/** Equal extremes share the cotangent evenly, as PyTorch's amax and amin: the gradient does not depend on their order. */
function extremeVjp(
  g: GraphBuilder,
  node: Node<"ReduceMax" | "ReduceMin">,
  [cotangent]: readonly (Value | null)[],
): Value[] {
  const extreme = withAxes(g, node.outputs[0], node);
  const isExtreme = g.add(
    "Cast",
    [g.add("Equal", [node.inputs[0]!, extreme], {})],
    { to: "float32" },
  );
  const count = g.add("ReduceSum", [isExtreme], {
    axes: node.attributes.axes,
    keepDims: true,
  });
  const share = g.add("Div", [withAxes(g, cotangent!, node), count], {});
  return [g.add("Mul", [isExtreme, share], {})];
}

/**
 * The product of the others for each element, right also where elements are 0: it is the product of all that are not 0,
 * without the element itself, where no other element is 0, and else 0.
 */
function productVjp(
  g: GraphBuilder,
  node: Node<"ReduceProd">,
  [cotangent]: readonly (Value | null)[],
): Value[] {
  const { axes } = node.attributes;
  const x = node.inputs[0]!;
  const isZero = g.add("Equal", [x, g.scalar(0)], {});
  const nonZero = g.add("Where", [isZero, g.scalar(1), x], {});
  const product = g.add("ReduceProd", [nonZero], { axes, keepDims: true });
  const zero = g.add("Cast", [isZero], { to: "float32" });
  const otherZeros = g.add(
    "Sub",
    [g.add("ReduceSum", [zero], { axes, keepDims: true }), zero],
    {},
  );
  const partial = g.add(
    "Div",
    [g.add("Mul", [withAxes(g, cotangent!, node), product], {}), nonZero],
    {},
  );
  return [
    g.add(
      "Where",
      [g.add("Equal", [otherZeros, g.scalar(0)], {}), partial, g.scalar(0)],
      {},
    ),
  ];
}

const anyNumber = inferReduction("float32", "int64");

export const reductions = {
  ReduceSum: {
    infer: anyNumber,
    kernel: fold(0, (total, x) => total + x),
    vjp: (g, node, [cotangent]) => [
      expand(g, withAxes(g, cotangent!, node), node.inputs[0]!.shape),
    ],
  },
  ReduceMean: {
    infer: inferReduction("float32"),
    kernel: fold(
      0,
      (total, x) => total + x,
      (total, count) => total / count,
    ),
    // Divided before it is spread out: the small tensor is the cheap one.
    vjp: (g, node, [cotangent]) => {
      const { shape } = node.inputs[0]!;
      const count = elementCount(
        node.attributes.axes.map((axis) => shape[axis]),
      );
      return [
        expand(
          g,
          g.add(
            "Mul",
            [withAxes(g, cotangent!, node), g.scalar(1 / count)],
            {},
          ),
          shape,
        ),
      ];
    },
  },
  ReduceMax: {
    infer: anyNumber,
    kernel: fold(-Infinity, Math.max),
    vjp: extremeVjp,
  },
  ReduceMin: {
    infer: anyNumber,
    kernel: fold(Infinity, Math.min),
    vjp: extremeVjp,
  },
  ReduceProd: {
    infer: anyNumber,
    kernel: fold(1, (total, x) => total * x),
    vjp: productVjp,
  },
  ArgMax: {
    infer: (inputs, { axis, keepDims }) => {
      const { shape } = oneOperand(inputs, "float32", "int64");
      if (!(axis in shape))
        throw new MotifError(
          "graph",
          `axis ${axis} is not one of [${shape.join(",")}]`,
        );
      if (shape[axis] === 0)
        throw new MotifError(
          "graph",
          `axis ${axis} of [${shape.join(",")}] is empty`,
        );
      return [
        {
          dtype: "int64",
          shape: reducedShape(shape, { axes: [axis], keepDims }),
        },
      ];
    },
    kernel: ([x], { axis }, [type]) => {
      const { data, shape } = x!;
      const out = zeros(type);
      const size = shape[axis];
      const inner = elementCount(shape.slice(axis + 1));
      for (let i = 0; i < out.data.length; i++) {
        const first = Math.floor(i / inner) * size * inner + (i % inner);
        let best = 0;
        for (let k = 1; k < size; k++)
          if (data[first + k * inner] > data[first + best * inner]) best = k;
        out.data[i] = best;
      }
      return [out];
    },
    vjp: null,
  },
} satisfies OpRules;
