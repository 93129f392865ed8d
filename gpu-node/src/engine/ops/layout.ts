/** Where elements stand: operators that copy, reorder, repeat, cut and join without computing anything. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import {
  elementCount,
  isSameShape,
  rowMajorStrides,
  zeros,
  type Shape,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import {
  broadcastShapes,
  broadcastStrides,
  sumToShape,
} from "./broadcasting.ts";
import { oneOperand } from "./operands.ts";
import { padRule } from "./padding.ts";
import { reshape } from "./reshape.ts";
import type { OpRules } from "./rule.ts";
import { countSlices, sliceGradient } from "./slice-gradient.ts";

const showShape = (shape: Shape) => `[${shape.join(",")}]`;

/** The one input, of whatever type. */
const onlyInput = (inputs: readonly (Value | null)[]) =>
  oneOperand(inputs, "float32", "int64", "bool");

/** @throws MotifError "graph" when `shape` holds anything but sizes. */
function checkSizes(shape: Shape): void {
  if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new MotifError(
      "graph",
      `${showShape(shape)} is not a shape: every size must be a whole number from 0`,
    );
  }
}

/** @throws MotifError "graph" when `axis` is not one of a tensor of `rank` axes. */
export function checkAxis(axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    throw new MotifError(
      "graph",
      `axis ${axis} is not one of a tensor of rank ${rank}`,
    );
  }
}

/** Reads `source` from flat index `start`, stepping by `strides` along the axes of `type`. */
function readStrided(
  source: Tensor,
  type: TensorType,
  start: number,
  strides: readonly number[],
): Tensor {
  const out = zeros(type, source);
  const { shape } = type;
  const position = new Array<number>(shape.length).fill(0);
  let from = start;
  for (let to = 0; to < out.data.length; to++) {
    out.data[to] = source.data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++position[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return out;
}

export function invertPermutation(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length);
  perm.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

function inferTranspose(
  inputs: readonly (Value | null)[],
  { perm }: Attributes<"Transpose">,
): TensorType[] {
  const { dtype, shape } = onlyInput(inputs);
  const isPermutation =
    perm.length === shape.length &&
    new Set(perm).size === perm.length &&
    perm.every((axis) => axis in shape);
  if (!isPermutation)
    throw new MotifError(
      "graph",
      `perm ${showShape(perm)} does not name each axis of ${showShape(shape)} once`,
    );
  return [{ dtype, shape: perm.map((axis) => shape[axis]) }];
}

function inferConcat(
  inputs: readonly (Value | null)[],
  { axis }: Attributes<"Concat">,
): TensorType[] {
  const [first] = inputs;
  if (!first) throw new MotifError("graph", "takes one input or more");
  checkAxis(axis, first.shape.length);
  let size = 0;
  for (const input of inputs) {
    if (!input) throw new MotifError("graph", "an input is left out");
    if (input.dtype !== first.dtype)
      throw new MotifError(
        "graph",
        `its inputs differ in type: ${first.dtype} and ${input.dtype}`,
      );
    if (
      !isSameShape(input.shape.with(axis, 0), first.shape.with(axis, 0)) ||
      input.shape.length !== first.shape.length
    ) {
      throw new MotifError(
        "graph",
        `${showShape(first.shape)} and ${showShape(input.shape)} differ elsewhere than along axis ${axis}`,
      );
    }
    size += input.shape[axis];
  }
  return [{ dtype: first.dtype, shape: first.shape.with(axis, size) }];
}

function concatenate(
  inputs: readonly (Tensor | null)[],
  { axis }: Attributes<"Concat">,
  type: TensorType,
): Tensor {
  const out = zeros(type, ...inputs);
  const inner = elementCount(type.shape.slice(axis + 1));
  const outer = elementCount(type.shape.slice(0, axis));
  const blockOut = type.shape[axis] * inner;
  let begin = 0;
  for (const input of inputs) {
    const block = input!.shape[axis] * inner;
    for (let row = 0; row < outer; row++) {
      out.data.set(
        input!.data.subarray(row * block, (row + 1) * block),
        row * blockOut + begin,
      );
    }
    begin += block;
  }
  return out;
}

function inferSlice(
  inputs: readonly (Value | null)[],
  attributes: Attributes<"Slice">,
): TensorType[] {
  const { dtype, shape } = onlyInput(inputs);
  const { starts, ends, axes, steps } = attributes;
  if (
    new Set([starts.length, ends.length, axes.length, steps.length]).size !== 1
  ) {
    throw new MotifError(
      "graph",
      "starts, ends, axes and steps differ in length",
    );
  }
  if (new Set(axes).size !== axes.length)
    throw new MotifError("graph", `axes ${showShape(axes)} name an axis twice`);
  for (const axis of axes) checkAxis(axis, shape.length);
  for (const bound of [...starts, ...ends, ...steps]) {
    if (!Number.isInteger(bound))
      throw new MotifError("graph", `${bound} is not a whole number`);
  }
  if (starts.some((start) => start < 0))
    throw new MotifError(
      "graph",
      `starts ${showShape(starts)} must count from the front`,
    );
  if (steps.includes(0)) throw new MotifError("graph", "a step is 0");
  const sizes = [...shape];
  for (const { axis, count } of countSlices(shape, attributes))
    sizes[axis] = count;
  return [{ dtype, shape: sizes }];
}

function slice(
  source: Tensor,
  attributes: Attributes<"Slice">,
  type: TensorType,
): Tensor {
  const strides = rowMajorStrides(source.shape);
  const steps = [...strides];
  let begin = 0;
  for (const { axis, start, step } of countSlices(source.shape, attributes)) {
    begin += start * strides[axis];
    steps[axis] = step * strides[axis];
  }
  return readStrided(source, type, begin, steps);
}

export const layout = {
  Reshape: {
    infer: (inputs, { shape }) => {
      const input = onlyInput(inputs);
      checkSizes(shape);
      if (elementCount(shape) !== elementCount(input.shape)) {
        throw new MotifError(
          "graph",
          `${showShape(input.shape)} has not as many elements as ${showShape(shape)}`,
        );
      }
      return [{ dtype: input.dtype, shape }];
    },
    kernel: ([input], _, [type]) => [{ ...type, data: input!.data }],
    vjp: (g, { inputs: [input] }, [cotangent]) => [
      reshape(g, cotangent!, input!.shape),
    ],
  },

  Transpose: {
    infer: inferTranspose,
    kernel: ([input], { perm }, [type]) => {
      const strides = rowMajorStrides(input!.shape);
      return [
        readStrided(
          input!,
          type,
          0,
          perm.map((axis) => strides[axis]),
        ),
      ];
    },
    vjp: (g, { attributes: { perm } }, [cotangent]) => [
      g.add("Transpose", [cotangent!], { perm: invertPermutation(perm) }),
    ],
  },

  Expand: {
    infer: (inputs, { shape }) => {
      const input = onlyInput(inputs);
      checkSizes(shape);
      if (!isSameShape(broadcastShapes(input.shape, shape), shape)) {
        throw new MotifError(
          "graph",
          `${showShape(input.shape)} cannot be repeated to ${showShape(shape)}`,
        );
      }
      return [{ dtype: input.dtype, shape }];
    },
    kernel: ([input], { shape }, [type]) => [
      readStrided(input!, type, 0, broadcastStrides(input!.shape, shape)),
    ],
    vjp: (g, { inputs: [input] }, [cotangent]) => [
      sumToShape(g, cotangent!, input!.shape),
    ],
  },

  Concat: {
    infer: inferConcat,
    kernel: (inputs, attributes, [type]) => [
      concatenate(inputs, attributes, type),
    ],
    vjp: (g, { inputs, attributes: { axis } }, [cotangent], wanted) => {
      let end = 0;
      return inputs.map((input, index) => {
        const start = end;
        end += input!.shape[axis];
        if (!wanted[index]) return null;
        return g.add("Slice", [cotangent!], {
          starts: [start],
          ends: [end],
          axes: [axis],
          steps: [1],
        });
      });
    },
  },

  Slice: {
    infer: inferSlice,
    kernel: ([input], attributes, [type]) => [slice(input!, attributes, type)],
    vjp: (g, { inputs: [input], attributes }, [cotangent]) => [
      sliceGradient(
        g,
        cotangent!,
        input!.shape,
        countSlices(input!.shape, attributes),
      ),
    ],
  },

  Pad: padRule,
} satisfies OpRules;
