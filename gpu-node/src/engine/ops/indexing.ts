/** Reading and writing by int64 indices. Negative indices count from the end. Gradients are in indexing-gradients.ts. */
import { MotifError } from "../../motif-error.ts";
import { isConstant, type Value } from "../graph/graph.ts";
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
  gatherByTuples,
  gatherGradient,
  zeroConstant,
} from "./indexing-gradients.ts";
import { checkAxis } from "./layout.ts";
import { checkType } from "./operands.ts";
import type { OpRules } from "./rule.ts";

const showShape = (shape: Shape) => `[${shape.join(",")}]`;

/** @throws MotifError "graph" when an input is missing or the second holds no int64 indices */
function dataAndIndices(
  inputs: readonly (Value | null)[],
  count: 2 | 3,
): [Value, Value, Value] {
  const [data, indices, updates] = inputs;
  if (
    inputs.length !== count ||
    !data ||
    !indices ||
    (count === 3 && !updates)
  ) {
    throw new MotifError(
      "graph",
      `takes data${count === 3 ? ", indices and updates" : " and indices"}`,
    );
  }
  checkType(indices, "int64");
  if (updates && updates.dtype !== data.dtype) {
    throw new MotifError(
      "graph",
      `data and updates differ in type: ${data.dtype} and ${updates.dtype}`,
    );
  }
  return [data, indices, updates!];
}

/** An index into an axis of `size`, from the front. @throws MotifError "graph" when it points outside */
function position(index: number, size: number): number {
  const fromFront = index < 0 ? index + size : index;
  if (fromFront >= 0 && fromFront < size) return fromFront;
  throw new MotifError(
    "graph",
    `index ${index} points outside of an axis of ${size} elements`,
  );
}

/** Indices known when the graph is built are checked then, before any run. */
function checkKnown(indices: Value, size: number): void {
  if (isConstant(indices))
    indices.data.forEach((index) => position(index, size));
}

function inferGather(
  inputs: readonly (Value | null)[],
  { axis }: Attributes<"Gather">,
): TensorType[] {
  const [{ dtype, shape }, indices] = dataAndIndices(inputs, 2);
  checkAxis(axis, shape.length);
  checkKnown(indices, shape[axis]);
  return [
    {
      dtype,
      shape: [
        ...shape.slice(0, axis),
        ...indices.shape,
        ...shape.slice(axis + 1),
      ],
    },
  ];
}

function gather(
  data: Tensor,
  indices: Tensor,
  axis: number,
  type: TensorType,
): Tensor {
  const out = zeros(type, data);
  const size = data.shape[axis];
  const inner = elementCount(data.shape.slice(axis + 1));
  const outer = elementCount(data.shape.slice(0, axis));
  let to = 0;
  for (let row = 0; row < outer; row++) {
    for (const index of indices.data) {
      const from = (row * size + position(index, size)) * inner;
      out.data.set(data.data.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return out;
}

/** @throws MotifError "graph" when `indices` cannot stand for elements of `data` along `axis` */
function checkElementwise(data: Value, indices: Value, axis: number): void {
  checkAxis(axis, data.shape.length);
  checkKnown(indices, data.shape[axis]);
  const fits =
    indices.shape.length === data.shape.length &&
    indices.shape.every((size, a) => a === axis || size <= data.shape[a]);
  if (!fits) {
    throw new MotifError(
      "graph",
      `indices ${showShape(indices.shape)} exceed ${showShape(data.shape)} elsewhere than along axis ${axis}`,
    );
  }
}

/** For each element of `indices`, where the element of a tensor of `shape` stands that it means along `axis`. */
function elementOffsets(
  shape: Shape,
  indices: Tensor,
  axis: number,
): Int32Array {
  const strides = rowMajorStrides(shape);
  const offsets = new Int32Array(indices.data.length);
  const at = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < offsets.length; i++) {
    let offset = position(indices.data[i], shape[axis]) * strides[axis];
    for (let a = 0; a < shape.length; a++)
      if (a !== axis) offset += at[a] * strides[a];
    offsets[i] = offset;
    for (let a = shape.length - 1; a >= 0 && ++at[a] === indices.shape[a]; a--)
      at[a] = 0;
  }
  return offsets;
}

/** A copy of `data` with `updates`, in blocks of `length`, written or added at `offsets`. Of several writes the last stays. */
function scatter(
  data: Tensor,
  updates: Tensor,
  offsets: ArrayLike<number>,
  length: number,
  isAdding: boolean,
  type: TensorType,
): Tensor {
  const out = zeros(type, data, updates);
  out.data.set(data.data);
  for (let block = 0; block < offsets.length; block++) {
    for (let i = 0; i < length; i++) {
      const update = updates.data[block * length + i];
      if (isAdding) out.data[offsets[block] + i] += update;
      else out.data[offsets[block] + i] = update;
    }
  }
  return out;
}

function checkReduction(data: Value, reduction: "none" | "add"): void {
  if (reduction === "add") checkType(data, "float32", "int64");
}

function inferScatterElements(
  inputs: readonly (Value | null)[],
  attributes: Attributes<"ScatterElements">,
): TensorType[] {
  const [data, indices, updates] = dataAndIndices(inputs, 3);
  checkElementwise(data, indices, attributes.axis);
  checkReduction(data, attributes.reduction);
  if (!isSameShape(indices.shape, updates.shape)) {
    throw new MotifError(
      "graph",
      `indices ${showShape(indices.shape)} and updates ${showShape(updates.shape)} differ in shape`,
    );
  }
  return [{ dtype: data.dtype, shape: data.shape }];
}

function inferScatterND(
  inputs: readonly (Value | null)[],
  { reduction }: Attributes<"ScatterND">,
): TensorType[] {
  const [data, indices, updates] = dataAndIndices(inputs, 3);
  checkReduction(data, reduction);
  const width = indices.shape.at(-1);
  if (width === undefined || width < 1 || width > data.shape.length) {
    throw new MotifError(
      "graph",
      `indices ${showShape(indices.shape)} should end in 1 to ${data.shape.length} places an index`,
    );
  }
  const expected = [...indices.shape.slice(0, -1), ...data.shape.slice(width)];
  if (!isSameShape(updates.shape, expected)) {
    throw new MotifError(
      "graph",
      `updates should be ${showShape(expected)}, they are ${showShape(updates.shape)}`,
    );
  }
  return [{ dtype: data.dtype, shape: data.shape }];
}

/** Where the block begins that each tuple of `indices` (its last axis) names in a tensor of `shape`. */
function tupleOffsets(shape: Shape, indices: Tensor): Int32Array {
  const strides = rowMajorStrides(shape);
  const width = indices.shape.at(-1)!;
  return Int32Array.from(
    { length: indices.data.length / width },
    (_, tuple) => {
      let offset = 0;
      for (let axis = 0; axis < width; axis++)
        offset +=
          position(indices.data[tuple * width + axis], shape[axis]) *
          strides[axis];
      return offset;
    },
  );
}

export const indexing = {
  Gather: {
    infer: inferGather,
    kernel: ([data, indices], { axis }, [type]) => [
      gather(data!, indices!, axis, type),
    ],
    vjp: (
      g,
      { inputs: [data, indices], attributes: { axis } },
      [cotangent],
    ) => [gatherGradient(g, cotangent!, data!.shape, indices!, axis), null],
  },

  GatherElements: {
    infer: (inputs, { axis }) => {
      const [data, indices] = dataAndIndices(inputs, 2);
      checkElementwise(data, indices, axis);
      return [{ dtype: data.dtype, shape: indices.shape }];
    },
    kernel: ([data, indices], { axis }, [type]) => {
      const out = zeros(type, data);
      elementOffsets(data!.shape, indices!, axis).forEach(
        (offset, i) => (out.data[i] = data!.data[offset]),
      );
      return [out];
    },
    vjp: (
      g,
      { inputs: [data, indices], attributes: { axis } },
      [cotangent],
    ) => [
      g.add(
        "ScatterElements",
        [zeroConstant(g, data!.shape), indices!, cotangent!],
        { axis, reduction: "add" },
      ),
      null,
    ],
  },

  ScatterElements: {
    infer: inferScatterElements,
    kernel: ([data, indices, updates], { axis, reduction }, [type]) => [
      scatter(
        data!,
        updates!,
        elementOffsets(data!.shape, indices!, axis),
        1,
        reduction === "add",
        type,
      ),
    ],
    vjp: (
      g,
      { inputs, attributes: { axis, reduction } },
      [cotangent],
      wanted,
    ) => {
      const [, indices, updates] = inputs as [Value, Value, Value];
      const overwritten = () =>
        g.add(
          "ScatterElements",
          [cotangent!, indices, zeroConstant(g, updates.shape)],
          { axis, reduction: "none" },
        );
      return [
        wanted[0] ? (reduction === "add" ? cotangent! : overwritten()) : null,
        null,
        wanted[2]
          ? g.add("GatherElements", [cotangent!, indices], { axis })
          : null,
      ];
    },
  },

  ScatterND: {
    infer: inferScatterND,
    kernel: ([data, indices, updates], { reduction }, [type]) => {
      const length = elementCount(data!.shape.slice(indices!.shape.at(-1)));
      return [
        scatter(
          data!,
          updates!,
          tupleOffsets(data!.shape, indices!),
          length,
          reduction === "add",
          type,
        ),
      ];
    },
    vjp: (g, { inputs, attributes: { reduction } }, [cotangent], wanted) => {
      const [, indices, updates] = inputs as [Value, Value, Value];
      const overwritten = () =>
        g.add(
          "ScatterND",
          [cotangent!, indices, zeroConstant(g, updates.shape)],
          { reduction: "none" },
        );
      return [
        wanted[0] ? (reduction === "add" ? cotangent! : overwritten()) : null,
        null,
        wanted[2] ? gatherByTuples(g, cotangent!, indices) : null,
      ];
    },
  },
} satisfies OpRules;
