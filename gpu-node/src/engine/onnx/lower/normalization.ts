/** Normalisations, written out. Statistics over axes are computed as the ONNX operator specification gives them. */
import type { Value } from "../../graph/graph.ts";
import { elementCount, type Shape } from "../../graph/tensor.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

const defaultEpsilon = 1e-5;

/** A value per channel, shaped to stand against [N, C, …]. */
function perChannel(call: OnnxCall, value: Value, rank: number): Value {
  return call.reshape(value, [
    elementCount(value.shape),
    ...new Array<number>(Math.max(0, rank - 2)).fill(1),
  ]);
}

function scaleAndShift(
  call: OnnxCall,
  x: Value,
  scale: Value | null,
  shift: Value | null,
): Value {
  const scaled = scale ? call.add("Mul", [x, scale], {}) : x;
  return shift ? call.add("Add", [scaled, shift], {}) : scaled;
}

/** With its running statistics: one product and one sum a channel, folded here where the statistics are constants. */
function batchNormalization(call: OnnxCall): Value {
  const hasBatchStatistics =
    call.opset < 14 && call.node.outputs.slice(1).some((name) => name !== "");
  if (call.flag("training_mode") || hasBatchStatistics) {
    call.fail(
      "it is exported in training mode. Call model.eval() and export again.",
    );
  }
  if (!call.flag("spatial", true)) call.fail("spatial = 0 is not supported");
  const x = call.input(0);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) =>
    call.input(index),
  ) as [Value, Value, Value, Value];
  const epsilon = call.g.scalar(call.float("epsilon", defaultEpsilon));
  const deviation = call.add(
    "Sqrt",
    [call.add("Add", [variance, epsilon], {})],
    {},
  );
  const factor = call.add("Div", [scale, deviation], {});
  const offset = call.add(
    "Sub",
    [shift, call.add("Mul", [mean, factor], {})],
    {},
  );
  const rank = x.shape.length;
  return scaleAndShift(
    call,
    x,
    perChannel(call, factor, rank),
    perChannel(call, offset, rank),
  );
}

interface Standardised {
  readonly result: Value;
  readonly mean: Value;
  readonly inverseDeviation: Value;
}

/** (x − mean)/√(variance + epsilon) over `axes`. */
function standardise(
  call: OnnxCall,
  x: Value,
  axes: readonly number[],
  epsilon: number,
): Standardised {
  const mean = call.add("ReduceMean", [x], { axes, keepDims: true });
  const centred = call.add("Sub", [x, mean], {});
  const variance = call.add(
    "ReduceMean",
    [call.add("Mul", [centred, centred], {})],
    { axes, keepDims: true },
  );
  const deviation = call.add(
    "Sqrt",
    [call.add("Add", [variance, call.g.scalar(epsilon)], {})],
    {},
  );
  const inverseDeviation = call.add("Reciprocal", [deviation], {});
  return {
    result: call.add("Mul", [centred, inverseDeviation], {}),
    mean,
    inverseDeviation,
  };
}

function layerNormalization(call: OnnxCall): readonly Value[] {
  const x = call.input(0);
  const first = call.axis(call.int("axis", -1), x.shape.length);
  const axes = call.allAxes(x).slice(first);
  const { result, mean, inverseDeviation } = standardise(
    call,
    x,
    axes,
    call.float("epsilon", defaultEpsilon),
  );
  return [
    scaleAndShift(call, result, call.optional(1), call.optional(2)),
    mean,
    inverseDeviation,
  ];
}

/** Standardises groups of channels, each of `size` elements a picture. */
function standardiseGroups(call: OnnxCall, x: Value, groups: number): Value {
  const [n] = x.shape;
  const size = elementCount(x.shape.slice(1)) / groups;
  if (n === undefined || !Number.isInteger(size))
    return call.fail(`${groups} groups do not fit [${x.shape.join(",")}]`);
  const grouped = call.reshape(x, [n, groups, size]);
  const { result } = standardise(
    call,
    grouped,
    [2],
    call.float("epsilon", defaultEpsilon),
  );
  return call.reshape(result, x.shape);
}

function instanceNormalization(call: OnnxCall): Value {
  const x = call.input(0);
  const rank = x.shape.length;
  const standardised = standardiseGroups(
    call,
    x,
    x.shape[1] ?? call.fail("its input has no channels"),
  );
  return scaleAndShift(
    call,
    standardised,
    perChannel(call, call.input(1), rank),
    perChannel(call, call.input(2), rank),
  );
}

function groupNormalization(call: OnnxCall): Value {
  const x = call.input(0);
  const [, channels = 0] = x.shape;
  const groups = call.int("num_groups", 0);
  if (groups < 1 || channels % groups !== 0)
    call.fail(`num_groups ${groups} does not fit [${x.shape.join(",")}]`);
  const standardised = standardiseGroups(call, x, groups);
  // One factor a group in opset 18, one a channel since 21.
  const factor = (value: Value) => {
    const each = elementCount(value.shape);
    if (each === channels) return perChannel(call, value, x.shape.length);
    const repeated = call.add("Expand", [call.reshape(value, [each, 1])], {
      shape: [each, channels / each],
    });
    return perChannel(call, repeated, x.shape.length);
  };
  return scaleAndShift(
    call,
    standardised,
    factor(call.input(1)),
    factor(call.input(2)),
  );
}

function lpNormalization(call: OnnxCall): Value {
  const x = call.input(0);
  const axes = [call.axis(call.int("axis", -1), x.shape.length)];
  const power = call.int("p", 2);
  if (power !== 1 && power !== 2)
    return call.fail(`p = ${power} is not supported`);
  const terms =
    power === 1 ? call.add("Abs", [x], {}) : call.add("Mul", [x, x], {});
  const sum = call.add("ReduceSum", [terms], { axes, keepDims: true });
  return call.add(
    "Div",
    [x, power === 1 ? sum : call.add("Sqrt", [sum], {})],
    {},
  );
}

/** x/(bias + alpha/size · Σ x²)^beta over `size` neighbouring channels: an average pool along the channels. */
function localResponse(call: OnnxCall): Value {
  const x = call.input(0);
  const [n, c, ...rest] = x.shape as [number, number, ...Shape];
  const size = call.int("size", 0);
  if (x.shape.length < 3 || size < 1)
    call.fail(`size ${size} does not fit [${x.shape.join(",")}]`);
  const squares = call.reshape(call.add("Mul", [x, x], {}), [
    n,
    1,
    c,
    elementCount(rest),
  ]);
  const mean = call.add("AveragePool", [squares], {
    kernelShape: [size, 1],
    strides: [1, 1],
    pads: [Math.floor((size - 1) / 2), 0, Math.ceil((size - 1) / 2), 0],
    dilations: [1, 1],
    ceilMode: false,
    countIncludePad: true,
  });
  const { g } = call;
  const weighted = call.add(
    "Mul",
    [call.reshape(mean, x.shape), g.scalar(call.float("alpha", 1e-4))],
    {},
  );
  const base = call.add("Add", [weighted, g.scalar(call.float("bias", 1))], {});
  return call.add(
    "Div",
    [x, call.add("Pow", [base, g.scalar(call.float("beta", 0.75))], {})],
    {},
  );
}

export const normalization: Lowerings = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  LRN: localResponse,
  MeanVarianceNormalization: (call) => {
    const x = call.input(0);
    return standardise(
      call,
      x,
      call.axes(call.ints("axes") ?? [0, 2, 3], x.shape.length),
      1e-9,
    ).result;
  },
};
