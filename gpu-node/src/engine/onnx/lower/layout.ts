/** Operators that move elements. Shapes, axes and bounds become attributes, whatever opset they come in. */
import type { Value } from "../../graph/graph.ts";
import { elementCount, integers } from "../../graph/tensor.ts";
import { broadcastShapes } from "../../ops/broadcasting.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

function reshape(call: OnnxCall): Value {
  const x = call.input(0);
  // An attribute until opset 4; exporters that still write it are accepted.
  const wanted = call.optional(1)
    ? call.knownIntegers(1, "shape")
    : call.ints("shape");
  if (!wanted) return call.fail("its shape is missing");
  const keepsZeros = call.flag("allowzero");
  const shape = wanted.map((size, axis) => {
    if (size !== 0 || keepsZeros) return size;
    return (
      x.shape[axis] ??
      call.fail(
        `shape [${wanted.join(",")}] keeps axis ${axis}, which [${x.shape.join(",")}] has not`,
      )
    );
  });
  const free = shape.indexOf(-1);
  if (free >= 0) {
    const others = elementCount(shape.with(free, 1));
    shape[free] = others === 0 ? 0 : elementCount(x.shape) / others;
  }
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
    call.fail(
      `[${x.shape.join(",")}] cannot take the shape [${wanted.join(",")}]`,
    );
  }
  return call.reshape(x, shape);
}

function flatten(call: OnnxCall): Value {
  const x = call.input(0);
  const given = call.int("axis", 1);
  const axis =
    given === x.shape.length ? given : call.axis(given, x.shape.length);
  return call.reshape(x, [
    elementCount(x.shape.slice(0, axis)),
    elementCount(x.shape.slice(axis)),
  ]);
}

/** Attribute before opset 13, input since. */
const givenAxes = (call: OnnxCall) =>
  call.ints("axes") ?? call.optionalIntegers(1, "axes");

function squeeze(call: OnnxCall): Value {
  const x = call.input(0);
  const axes = givenAxes(call);
  const dropped = axes
    ? call.axes(axes, x.shape.length)
    : call.allAxes(x).filter((axis) => x.shape[axis] === 1);
  const wide = dropped.find((axis) => x.shape[axis] !== 1);
  if (wide !== undefined)
    call.fail(`axis ${wide} of [${x.shape.join(",")}] is not 1`);
  return call.reshape(
    x,
    x.shape.filter((_, axis) => !dropped.includes(axis)),
  );
}

function unsqueeze(call: OnnxCall): Value {
  const x = call.input(0);
  const axes = givenAxes(call) ?? call.fail("its axes are missing");
  const shape = [...x.shape];
  for (const axis of call.axes(axes, x.shape.length + axes.length))
    shape.splice(axis, 0, 1);
  return call.reshape(x, shape);
}

function transpose(call: OnnxCall): Value {
  const x = call.input(0);
  const perm = call.ints("perm") ?? call.allAxes(x).reverse();
  if (perm.length !== x.shape.length)
    call.fail(`perm [${perm.join(",")}] does not fit [${x.shape.join(",")}]`);
  return call.transpose(x, perm);
}

function slice(call: OnnxCall): Value {
  const x = call.input(0);
  // Attributes before opset 10, inputs since.
  const starts = call.ints("starts") ?? call.knownIntegers(1, "starts");
  const ends = call.ints("ends") ?? call.knownIntegers(2, "ends");
  const given =
    call.ints("axes") ??
    call.optionalIntegers(3, "axes") ??
    starts.map((_, index) => index);
  const steps = call.optionalIntegers(4, "steps") ?? starts.map(() => 1);
  if (
    new Set([starts.length, ends.length, given.length, steps.length]).size !== 1
  ) {
    call.fail("starts, ends, axes and steps differ in length");
  }
  const axes = given.map((axis) => call.axis(axis, x.shape.length));
  const bounds = axes.map((axis, index) => {
    const size = x.shape[axis];
    const step = steps[index];
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const bound = (at: number) =>
      Math.max(lowest, Math.min(highest, at < 0 ? at + size : at));
    return {
      start: Math.max(0, bound(starts[index])),
      end: bound(ends[index]),
    };
  });
  const isWhole = axes.every(
    (axis, i) =>
      steps[i] === 1 &&
      bounds[i].start === 0 &&
      bounds[i].end === x.shape[axis],
  );
  if (isWhole) return x;
  return call.add("Slice", [x], {
    starts: bounds.map(({ start }) => start),
    ends: bounds.map(({ end }) => end),
    axes,
    steps,
  });
}

function split(call: OnnxCall): readonly Value[] {
  const x = call.input(0);
  const axis = call.axis(call.int("axis", 0), x.shape.length);
  const size = x.shape[axis];
  const parts = call.int("num_outputs", call.node.outputs.length);
  const even = Math.ceil(size / parts);
  // Attribute before opset 13; where nothing is given, equal parts of which the last may be smaller.
  const sizes =
    call.ints("split") ??
    call.optionalIntegers(1, "split") ??
    Array.from({ length: parts }, (_, part) =>
      Math.max(0, Math.min(even, size - part * even)),
    );
  if (
    sizes.length !== call.node.outputs.length ||
    sizes.some((part) => part < 0) ||
    elementCount([sizes.reduce((a, b) => a + b, 0)]) !== size
  ) {
    call.fail(
      `${size} elements cannot be cut into [${sizes.join(",")}] for ${call.node.outputs.length} outputs`,
    );
  }
  let end = 0;
  return sizes.map((part) => {
    const start = end;
    end += part;
    return call.add("Slice", [x], {
      starts: [start],
      ends: [end],
      axes: [axis],
      steps: [1],
    });
  });
}

function pad(call: OnnxCall): Value {
  const x = call.input(0);
  const rank = x.shape.length;
  // Attributes before opset 11, inputs since; opset 18 can name the axes.
  const given =
    call.ints("pads") ?? call.ints("paddings") ?? call.knownIntegers(1, "pads");
  const value = call.optional(2)
    ? call.knownNumber(2, "padding value")
    : call.float("value", 0);
  const axes =
    call.optionalIntegers(3, "axes")?.map((axis) => call.axis(axis, rank)) ??
    call.allAxes(x);
  if (given.length !== 2 * axes.length)
    call.fail(`pads [${given.join(",")}] do not fit ${axes.length} axes`);
  const mode = call.text("mode", "constant");
  const modes = ["constant", "reflect", "edge", "wrap"] as const;
  const known = modes.find((one) => one === mode);
  if (!known) return call.fail(`mode "${mode}" is not supported`);
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, index) => {
    pads[axis] = given[index]!;
    pads[axis + rank] = given[index + axes.length]!;
  });
  call.credible(
    x.shape.map((size, axis) =>
      Math.max(0, size + pads[axis] + pads[axis + rank]),
    ),
  );
  if (known === "wrap") return wrap(call, x, pads);
  return pads.every((size) => size === 0)
    ? x
    : call.add("Pad", [x], { pads, mode: known, value });
}

/** Circular padding: along each axis the elements are read in a circle. */
function wrap(call: OnnxCall, x: Value, pads: readonly number[]): Value {
  return x.shape.reduce((padded, size, axis) => {
    const [begin, end] = [pads[axis], pads[axis + x.shape.length]];
    if (begin === 0 && end === 0) return padded;
    const length = Math.max(0, size + begin + end);
    call.reserve(length);
    const circle = Array.from({ length }, (_, at) => {
      const from = (at - begin) % size;
      return from < 0 ? from + size : from;
    });
    const indices = call.g.constant(integers(circle));
    return call.add("Gather", [padded, indices], { axis });
  }, x);
}

function expand(call: OnnxCall): Value {
  const x = call.input(0);
  const shape = call.credible(
    broadcastShapes(x.shape, call.knownIntegers(1, "shape")),
  );
  return shape.length === x.shape.length &&
    shape.every((size, axis) => size === x.shape[axis])
    ? x
    : call.add("Expand", [x], { shape });
}

/** [a, b] repeated r and s times is [1, a, 1, b] expanded to [r, a, s, b]. */
function tile(call: OnnxCall): Value {
  const x = call.input(0);
  const repeats = call.knownIntegers(1, "repeats");
  if (repeats.length !== x.shape.length)
    call.fail(
      `repeats [${repeats.join(",")}] do not fit [${x.shape.join(",")}]`,
    );
  const shape = call.credible(
    x.shape.map((size, axis) => size * repeats[axis]),
  );
  if (repeats.every((count) => count === 1)) return x;
  const apart = call.reshape(
    x,
    x.shape.flatMap((size) => [1, size]),
  );
  const repeated = call.add("Expand", [apart], {
    shape: x.shape.flatMap((size, axis) => [repeats[axis], size]),
  });
  return call.reshape(repeated, shape);
}

function blocks(call: OnnxCall): {
  x: Value;
  n: number;
  c: number;
  h: number;
  w: number;
  block: number;
} {
  const x = call.input(0);
  const block = call.int("blocksize", 0);
  if (x.shape.length !== 4 || block < 1)
    call.fail(`blocks of ${block} in [${x.shape.join(",")}]`);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return { x, n, c, h, w, block };
}

function depthToSpace(call: OnnxCall): Value {
  const { x, n, c, h, w, block } = blocks(call);
  const depth = c / block ** 2;
  const isColumnRowDepth = call.text("mode", "DCR") === "CRD";
  const apart = call.reshape(
    x,
    isColumnRowDepth
      ? [n, depth, block, block, h, w]
      : [n, block, block, depth, h, w],
  );
  const moved = call.transpose(
    apart,
    isColumnRowDepth ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2],
  );
  return call.reshape(moved, [n, depth, h * block, w * block]);
}

function spaceToDepth(call: OnnxCall): Value {
  const { x, n, c, h, w, block } = blocks(call);
  const apart = call.reshape(x, [n, c, h / block, block, w / block, block]);
  return call.reshape(call.transpose(apart, [0, 3, 5, 1, 2, 4]), [
    n,
    c * block ** 2,
    h / block,
    w / block,
  ]);
}

export const layout: Lowerings = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: (call) => {
    // A tensor without elements adds nothing; PyTorch writes such for empty lists.
    const parts = call.inputs.map((_, index) => call.input(index));
    const axis = call.axis(call.int("axis", 1), parts[0]?.shape.length ?? 0);
    return parts.length === 1 ? parts[0] : call.add("Concat", parts, { axis });
  },
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
