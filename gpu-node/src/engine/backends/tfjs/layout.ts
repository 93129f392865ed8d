/** Operators that only move elements; strides and mirrored borders are gathers, by indices worked out beforehand. */
import { elementCount, integers, type Shape } from "../../graph/tensor.ts";
import { countSlices } from "../../ops/slice-gradient.ts";
import { repeat } from "./elementwise.ts";
import type { TfTensor } from "./platform.ts";
import type { Forwards, Site } from "./site.ts";

type Move = (x: TfTensor) => TfTensor;
type Kernels = Pick<Site, "kernel" | "upload">;

/** tfjs's kernels transpose at most six axes. */
const mostAxes = 6;

const chain =
  (moves: readonly Move[]): Move =>
  (x) =>
    moves.reduce((value, move) => move(value), x);

/** Elements `indices` along `axis`. */
function take(site: Kernels, axis: number, indices: readonly number[]): Move {
  const gather = site.kernel("GatherV2");
  const places = site.upload(integers(indices));
  return (x) => gather({ x, indices: places }, { axis, batchDims: 0 });
}

/** Axes that stay neighbours are moved as one, axes of one element not at all. */
function mergeAxes(
  shape: Shape,
  perm: readonly number[],
): { shape: number[]; perm: number[] } {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  const runs: number[][] = [];
  for (const axis of moved) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows =
      last !== undefined &&
      axis > last &&
      shape.slice(last + 1, axis).every((size) => size === 1);
    if (run && follows) run.push(axis);
    else runs.push([axis]);
  }
  const order = runs.toSorted(([a], [b]) => a - b);
  return {
    shape: order.map((run) => elementCount(run.map((axis) => shape[axis]))),
    perm: runs.map((run) => order.indexOf(run)),
  };
}

/** Axis perm[i] of a tensor of `shape` at i. */
export function transpose(
  site: Pick<Site, "kernel">,
  shape: Shape,
  perm: readonly number[],
): Move {
  const merged = mergeAxes(shape, perm);
  const [move, reshape] = [site.kernel("Transpose"), site.kernel("Reshape")];
  const outShape = perm.map((axis) => shape[axis]);
  if (merged.perm.length <= mostAxes) {
    return (x) => {
      const grouped = reshape({ x }, { shape: merged.shape });
      return reshape(
        { x: move({ x: grouped }, { perm: merged.perm }) },
        { shape: outShape },
      );
    };
  }
  // One axis after the other is brought to its place: each such move swaps two runs of neighbours.
  let order = merged.perm.map((_, axis) => axis);
  const moves = merged.perm.flatMap((axis, to) => {
    const from = order.indexOf(axis);
    if (from === to) return [];
    const positions = order.map((_, position) => position);
    const swap = [...positions.toSpliced(from, 1)].toSpliced(to, 0, from);
    const single = transpose(
      site,
      order.map((own) => merged.shape[own]),
      swap,
    );
    order = swap.map((position) => order[position]);
    return [single];
  });
  const all = chain(moves);
  return (x) =>
    reshape(
      { x: all(reshape({ x }, { shape: merged.shape })) },
      { shape: outShape },
    );
}

/** Elements [begins[a], begins[a] + sizes[a]) of every axis a. */
export function cut(
  site: Pick<Site, "kernel">,
  begins: readonly number[],
  sizes: readonly number[],
): Move {
  const slice = site.kernel("Slice");
  return (x) => slice({ x }, { begin: [...begins], size: [...sizes] });
}

/** Zeros, or `value`, around a tensor; negative pads crop. */
export function pad(
  site: Pick<Site, "kernel">,
  shape: Shape,
  begins: readonly number[],
  ends: readonly number[],
  value = 0,
): Move {
  const padded = site.kernel("PadV2");
  const isCropped = [...begins, ...ends].some((pad) => pad < 0);
  const paddings = begins.map((begin, axis) => [
    Math.max(begin, 0),
    Math.max(ends[axis], 0),
  ]);
  const widen: Move = (x) => padded({ x }, { paddings, constantValue: value });
  if (!isCropped) return widen;
  const crop = cut(
    site,
    begins.map((begin) => Math.max(-begin, 0)),
    shape.map(
      (size, axis) =>
        size + Math.min(begins[axis], 0) + Math.min(ends[axis], 0),
    ),
  );
  return (x) => widen(crop(x));
}

export const layout = {
  Reshape: (site) => {
    const reshape = site.kernel("Reshape");
    const { shape } = site.attributes;
    return ([x]) => reshape({ x }, { shape });
  },
  Transpose: (site) => {
    const move = transpose(site, site.inputs[0]!.shape, site.attributes.perm);
    return ([x]) => move(x);
  },
  Expand: (site) => {
    const identity = site.kernel("Identity");
    const spread = repeat(site, site.inputs[0]!.shape, site.outputs[0].shape);
    return ([x]) => identity({ x: spread(x) });
  },
  Concat: (site) => {
    const concat = site.kernel("Concat");
    const { axis } = site.attributes;
    const isFilled = site.inputs.map((input) => !input!.shape.includes(0));
    return (inputs) =>
      concat(
        inputs.filter((_, index) => isFilled[index]),
        { axis },
      );
  },
  Slice: (site) => {
    const { shape } = site.inputs[0]!;
    const slices = countSlices(shape, site.attributes);
    const begins = shape.map(() => 0);
    const sizes = [...shape];
    const strided: Move[] = [];
    for (const { axis, start, step, count } of slices) {
      if (step === 1) [begins[axis], sizes[axis]] = [start, count];
      else {
        const indices = Array.from(
          { length: count },
          (_, i) => start + i * step,
        );
        strided.push(take(site, axis, indices));
      }
    }
    const moves = chain([cut(site, begins, sizes), ...strided]);
    return ([x]) => moves(x);
  },
  Pad: (site) => {
    const { pads, mode, value } = site.attributes;
    const { shape } = site.inputs[0]!;
    const [begins, ends] = [
      pads.slice(0, shape.length),
      pads.slice(shape.length),
    ];
    if (mode === "constant") {
      const move = pad(site, shape, begins, ends, value);
      return ([x]) => move(x);
    }
    const borders = shape.flatMap((size, axis) => {
      if (begins[axis] === 0 && ends[axis] === 0) return [];
      const indices = Array.from(
        { length: size + begins[axis] + ends[axis] },
        (_, position) => {
          const index = position - begins[axis];
          if (mode === "edge") return Math.min(Math.max(index, 0), size - 1);
          return index < 0
            ? -index
            : index < size
              ? index
              : 2 * (size - 1) - index;
        },
      );
      return [take(site, axis, indices)];
    });
    const identity = site.kernel("Identity");
    const moves = chain(borders);
    return ([x]) => identity({ x: moves(x) });
  },
} satisfies Forwards;
