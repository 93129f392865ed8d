/** Pad: constant, mirrored or repeated borders, and its gradient. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import {
  rowMajorStrides,
  zeros,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import type { OpRule } from "./rule.ts";
import { padWithZeros, reverse } from "./slice-gradient.ts";

function inferPad(
  inputs: readonly (Value | null)[],
  { pads, mode }: Attributes<"Pad">,
): TensorType[] {
  const { dtype, shape } = oneOperand(inputs, "float32", "int64", "bool");
  const rank = shape.length;
  if (pads.length !== 2 * rank)
    throw new MotifError(
      "graph",
      `${pads.length} pads do not fit ${rank} axes: two an axis`,
    );
  for (const pad of pads)
    if (!Number.isInteger(pad))
      throw new MotifError("graph", `a pad of ${pad} is not a whole number`);
  const sizes = shape.map((size, axis) => {
    const [begin, end] = [pads[axis], pads[rank + axis]];
    if (mode !== "constant" && (begin < 0 || end < 0)) {
      throw new MotifError(
        "graph",
        `mode ${mode} does not crop (axis ${axis}): use Slice`,
      );
    }
    if (size + Math.min(begin, 0) + Math.min(end, 0) < 0) {
      throw new MotifError(
        "graph",
        `pads ${begin} and ${end} crop more than the ${size} elements of axis ${axis}`,
      );
    }
    // A mirror image repeats nothing of the border, so it is at most size − 1 wide; an edge needs an element.
    const widest =
      mode === "reflect"
        ? size - 1
        : mode === "edge" && size === 0
          ? 0
          : Infinity;
    if (Math.max(begin, end) > Math.max(widest, 0)) {
      throw new MotifError(
        "graph",
        `mode ${mode} cannot pad axis ${axis} of ${size} elements by ${Math.max(begin, end)}`,
      );
    }
    return size + begin + end;
  });
  return [{ dtype, shape: sizes }];
}

/** The index along an axis of `size` that stands at `position` of the padded axis; −1 where there is none. */
function sourceIndex(
  position: number,
  begin: number,
  size: number,
  mode: Attributes<"Pad">["mode"],
): number {
  const index = position - begin;
  if (index >= 0 && index < size) return index;
  if (mode === "constant") return -1;
  if (mode === "edge") return index < 0 ? 0 : size - 1;
  return index < 0 ? -index : 2 * (size - 1) - index;
}

function computePad(
  input: Tensor,
  { pads, mode, value }: Attributes<"Pad">,
  type: TensorType,
): Tensor {
  const out = zeros(type, input);
  const { shape } = type;
  const strides = rowMajorStrides(input.shape);
  const sources = shape.map((size, axis) =>
    Array.from({ length: size }, (_, position) =>
      sourceIndex(position, pads[axis], input.shape[axis], mode),
    ),
  );
  const position = new Array<number>(shape.length).fill(0);
  for (let to = 0; to < out.data.length; to++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const index = sources[axis][position[axis]];
      from = index < 0 || from < 0 ? -1 : from + index * strides[axis];
    }
    out.data[to] = from < 0 ? value : input.data[from];
    for (
      let axis = shape.length - 1;
      axis >= 0 && ++position[axis] === shape[axis];
      axis--
    )
      position[axis] = 0;
  }
  return out;
}

function constantGradient(
  g: GraphBuilder,
  cotangent: Value,
  pads: readonly number[],
): Value {
  const rank = cotangent.shape.length;
  const [begins, ends] = [pads.slice(0, rank), pads.slice(rank)];
  // What was cropped gets zeros, what was added is cropped.
  if (pads.some((pad) => pad < 0))
    return padWithZeros(
      g,
      cotangent,
      begins.map((pad) => -pad),
      ends.map((pad) => -pad),
    );
  const axes = begins.flatMap((begin, axis) =>
    begin > 0 || ends[axis] > 0 ? [axis] : [],
  );
  if (axes.length === 0) return cotangent;
  return g.add("Slice", [cotangent], {
    starts: axes.map((axis) => begins[axis]),
    ends: axes.map((axis) => cotangent.shape[axis] - ends[axis]),
    axes,
    steps: axes.map(() => 1),
  });
}

/** Border by border: the cotangent of what was copied is added to where it was copied from, an axis at a time. */
function copiedGradient(
  g: GraphBuilder,
  cotangent: Value,
  pads: readonly number[],
  mode: "reflect" | "edge",
): Value {
  const rank = cotangent.shape.length;
  let gradient = cotangent;
  for (let axis = 0; axis < rank; axis++) {
    const [begin, end] = [pads[axis], pads[rank + axis]];
    const padded = gradient;
    const size = padded.shape[axis] - begin - end;
    const cut = (start: number, count: number) =>
      count === padded.shape[axis]
        ? padded
        : g.add("Slice", [padded], {
            starts: [start],
            ends: [start + count],
            axes: [axis],
            steps: [1],
          });
    gradient = cut(begin, size);
    for (const [start, width, isBegin] of [
      [0, begin, true],
      [begin + size, end, false],
    ] as const) {
      if (width === 0) continue;
      const border = cut(start, width);
      const folded =
        mode === "reflect"
          ? reverse(g, border, [axis])
          : g.add("ReduceSum", [border], { axes: [axis], keepDims: true });
      const gap = mode === "reflect" ? 1 : 0;
      const rest = size - folded.shape[axis] - gap;
      const at = (pad: number) =>
        padded.shape.map((_, other) => (other === axis ? pad : 0));
      const placed = padWithZeros(
        g,
        folded,
        at(isBegin ? gap : rest),
        at(isBegin ? rest : gap),
      );
      gradient = g.add("Add", [gradient, placed], {});
    }
  }
  return gradient;
}

export const padRule: OpRule<"Pad"> = {
  infer: inferPad,
  kernel: ([input], attributes, [type]) => [
    computePad(input!, attributes, type),
  ],
  vjp: (g, { attributes: { pads, mode } }, [cotangent]) => [
    mode === "constant"
      ? constantGradient(g, cotangent!, pads)
      : copiedGradient(g, cotangent!, pads, mode),
  ],
};
