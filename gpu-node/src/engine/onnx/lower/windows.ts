/** Convolutions and pools: window attributes in full, and sequences [N, C, L] as pictures one row high. */
import type { Value } from "../../graph/graph.ts";
import type { Attributes } from "../../graph/operators.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

type Pair = readonly [number, number];
type Window = Omit<Attributes<"Conv">, "group">;

/** A picture [N, C, H, W], made from a sequence [N, C, L] where the input is one. */
function picture(call: OnnxCall, value: Value): Value {
  if (value.shape.length === 4) return value;
  if (value.shape.length !== 3)
    return call.fail(
      `[${value.shape.join(",")}]: pictures [N,C,H,W] or sequences [N,C,L] are supported`,
    );
  const [n, c, length] = value.shape as [number, number, number];
  return call.reshape(value, [n, c, 1, length]);
}

/** Undoes `picture`. */
function unpicture(call: OnnxCall, result: Value): Value {
  if (call.input(0).shape.length === 4) return result;
  const [n, c, , length] = result.shape as [number, number, number, number];
  return call.reshape(result, [n, c, length]);
}

/** The sizes an attribute gives for [height, width]. */
function pair(call: OnnxCall, name: string, missing: number): Pair {
  const sizes = call.ints(name);
  const isSequence = call.input(0).shape.length === 3;
  if (!sizes || sizes.length === 0) return [missing, missing];
  if (sizes.length !== (isSequence ? 1 : 2) || sizes.some((size) => size < 0)) {
    call.fail(
      `${name} [${sizes.join(",")}] does not fit [${call.input(0).shape.join(",")}]`,
    );
  }
  return isSequence ? [missing, sizes[0]] : [sizes[0], sizes[1]];
}

function explicitPads(call: OnnxCall): Window["pads"] {
  const pads = call.ints("pads");
  if (!pads || pads.length === 0) return [0, 0, 0, 0];
  if (call.input(0).shape.length === 3 && pads.length === 2)
    return [0, pads[0], 0, pads[1]];
  if (pads.length !== 4)
    call.fail(
      `pads [${pads.join(",")}] do not fit [${call.input(0).shape.join(",")}]`,
    );
  return [pads[0], pads[1], pads[2], pads[3]];
}

/** Padding of `total`, the odd row or column at the end (SAME_UPPER) or at the start (SAME_LOWER). */
function splitPads(totals: Pair, isUpper: boolean): Window["pads"] {
  const less = totals.map((total) => Math.floor(total / 2)) as [number, number];
  const more = totals.map((total, axis) => total - less[axis]) as [
    number,
    number,
  ];
  return isUpper ? [...less, ...more] : [...more, ...less];
}

function autoPad(
  call: OnnxCall,
): "explicit" | "VALID" | "SAME_UPPER" | "SAME_LOWER" {
  const mode = call.text("auto_pad", "NOTSET");
  if (mode === "NOTSET" || mode === "") return "explicit";
  if (mode === "VALID" || mode === "SAME_UPPER" || mode === "SAME_LOWER")
    return mode;
  return call.fail(`auto_pad "${mode}" is unknown`);
}

const spans = (kernel: Pair, dilations: Pair) =>
  kernel.map((size, axis) => (size - 1) * dilations[axis] + 1);

function windowOf(call: OnnxCall, x: Value, kernel: Pair): Window {
  const strides = pair(call, "strides", 1);
  const dilations = pair(call, "dilations", 1);
  const mode = autoPad(call);
  let pads: Window["pads"] = [0, 0, 0, 0];
  if (mode === "explicit") {
    pads = explicitPads(call);
  } else if (mode !== "VALID") {
    if (strides.includes(0)) call.fail("a stride is 0");
    // As many positions as strides fit into the input.
    const totals = spans(kernel, dilations).map((span, axis) => {
      const size = x.shape[axis + 2];
      return Math.max(
        0,
        (Math.ceil(size / strides[axis]) - 1) * strides[axis] + span - size,
      );
    });
    pads = splitPads(totals as [number, number], mode === "SAME_UPPER");
  }
  return { strides, pads, dilations };
}

function filterOf(call: OnnxCall): { x: Value; filter: Value; kernel: Pair } {
  const x = picture(call, call.input(0));
  const filter = picture(call, call.input(1));
  const kernel = [filter.shape[2], filter.shape[3]] as const;
  const declared = pair(call, "kernel_shape", 0);
  if (
    call.ints("kernel_shape")?.length &&
    declared.some((size, axis) => size !== 0 && size !== kernel[axis])
  ) {
    call.fail(
      `kernel_shape [${declared.join(",")}] differs from its filter's [${kernel.join(",")}]`,
    );
  }
  return { x, filter, kernel };
}

const withBias = (call: OnnxCall, ...values: Value[]) => [
  ...values,
  ...(call.optional(2) ? [call.input(2)] : []),
];

function conv(call: OnnxCall): Value {
  const { x, filter, kernel } = filterOf(call);
  const attributes = {
    ...windowOf(call, x, kernel),
    group: call.int("group", 1),
  };
  return unpicture(
    call,
    call.add("Conv", withBias(call, x, filter), attributes),
  );
}

function convTranspose(call: OnnxCall): Value {
  const { x, filter, kernel } = filterOf(call);
  const strides = pair(call, "strides", 1);
  const dilations = pair(call, "dilations", 1);
  const outputPadding = pair(call, "output_padding", 0);
  const mode = autoPad(call);
  let pads = mode === "explicit" ? explicitPads(call) : ([0, 0, 0, 0] as const);
  const isSame = mode === "SAME_UPPER" || mode === "SAME_LOWER";
  if (call.ints("output_shape")?.length || isSame) {
    const wanted =
      call.ints("output_shape")?.slice(-2) ??
      strides.map((stride, axis) => x.shape[axis + 2] * stride);
    if (wanted.length !== 2)
      call.fail(`output_shape [${wanted.join(",")}] names no height and width`);
    const totals = spans(kernel, dilations).map(
      (span, axis) =>
        strides[axis] * (x.shape[axis + 2] - 1) +
        outputPadding[axis] +
        span -
        wanted[axis],
    );
    pads = splitPads(totals as [number, number], mode === "SAME_UPPER");
  }
  const attributes = {
    strides,
    pads,
    dilations,
    group: call.int("group", 1),
    outputPadding,
  };
  return unpicture(
    call,
    call.add("ConvTranspose", withBias(call, x, filter), attributes),
  );
}

function poolOf(call: OnnxCall): {
  x: Value;
  attributes: Attributes<"MaxPool">;
} {
  const x = picture(call, call.input(0));
  if (!call.ints("kernel_shape")?.length)
    call.fail("its kernel_shape is missing");
  const kernelShape = pair(call, "kernel_shape", 1);
  return {
    x,
    attributes: {
      kernelShape,
      ...windowOf(call, x, kernelShape),
      ceilMode: call.flag("ceil_mode"),
    },
  };
}

function maxPool(call: OnnxCall): readonly Value[] {
  const { x, attributes } = poolOf(call);
  const outputs = call.g.addAll("MaxPool", [x], attributes, call.name);
  if (call.node.outputs[1] && call.flag("storage_order"))
    call.fail("column-major indices are not supported");
  return outputs.map((output) => unpicture(call, output));
}

export const windows: Lowerings = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: (call) => {
    const { x, attributes } = poolOf(call);
    const countIncludePad = call.flag("count_include_pad");
    return unpicture(
      call,
      call.add("AveragePool", [x], { ...attributes, countIncludePad }),
    );
  },
};
