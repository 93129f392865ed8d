/** Reductions, global pools, softmax. */
import type { Value } from "../../graph/graph.ts";
import { elementCount } from "../../graph/tensor.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

type Reduction =
  "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

/** Axes and whether they stay. Axes were an attribute before opset 13 (ReduceSum) and 18 (the others), an input since. */
function reductionOf(call: OnnxCall): { axes: number[]; keepDims: boolean } {
  const rank = call.input(0).shape.length;
  const given = call.ints("axes") ?? call.optionalIntegers(1, "axes");
  const keepDims = call.flag("keepdims", true);
  if (given && given.length > 0)
    return { axes: call.axes(given, rank), keepDims };
  return {
    axes: call.flag("noop_with_empty_axes") ? [] : call.allAxes(call.input(0)),
    keepDims,
  };
}

/** Reduces `map(input)` with `op` and applies `finish`. No axes means element by element, as ONNX wants. */
function reduce(
  op: Reduction,
  map = (_: OnnxCall, x: Value) => x,
  finish = (_: OnnxCall, x: Value) => x,
) {
  return (call: OnnxCall): Value => {
    const { axes, keepDims } = reductionOf(call);
    const x = map(call, call.input(0));
    return finish(
      call,
      axes.length === 0 ? x : call.add(op, [x], { axes, keepDims }),
    );
  };
}

const magnitude = (call: OnnxCall, x: Value) => call.add("Abs", [x], {});
const square = (call: OnnxCall, x: Value) => call.add("Mul", [x, x], {});
const root = (call: OnnxCall, x: Value) => call.add("Sqrt", [x], {});
const logarithm = (call: OnnxCall, x: Value) => call.add("Log", [x], {});

/** The largest is taken out first, so that nothing overflows. */
function logSumExp(call: OnnxCall): Value {
  const { axes, keepDims } = reductionOf(call);
  const x = call.input(0);
  if (axes.length === 0) return x;
  const most = call.add("ReduceMax", [x], { axes, keepDims: true });
  const exponentials = call.add("Exp", [call.add("Sub", [x, most], {})], {});
  const sum = call.add("ReduceSum", [exponentials], { axes, keepDims: true });
  const result = call.add("Add", [logarithm(call, sum), most], {});
  return keepDims
    ? result
    : call.reshape(
        result,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
}

/** Over all axes behind [N, C]. */
const globalPool = (op: "ReduceMean" | "ReduceMax") => (call: OnnxCall) => {
  const x = call.input(0);
  const axes = call.allAxes(x).slice(2);
  return axes.length === 0 ? x : call.add(op, [x], { axes, keepDims: true });
};

const extreme = (sign: 1 | -1) => (call: OnnxCall) => {
  const x = call.input(0);
  if (call.flag("select_last_index"))
    call.fail("select_last_index is not supported");
  const axis = call.axis(call.int("axis", 0), x.shape.length);
  const signed = sign === 1 ? x : call.add("Neg", [x], {});
  return call.add("ArgMax", [signed], {
    axis,
    keepDims: call.flag("keepdims", true),
  });
};

/** Before opset 13, the axes from `axis` on were one. */
const softmax = (op: "Softmax" | "LogSoftmax") => (call: OnnxCall) => {
  const x = call.input(0);
  const isFlattening = call.opset < 13;
  const axis = call.axis(
    call.int("axis", isFlattening ? 1 : -1),
    x.shape.length,
  );
  const following = x.shape.slice(axis + 1);
  if (!isFlattening || following.every((size) => size === 1))
    return call.add(op, [x], { axis });
  const flat = call.reshape(x, [
    elementCount(x.shape.slice(0, axis)),
    elementCount(x.shape.slice(axis)),
  ]);
  return call.reshape(call.add(op, [flat], { axis: 1 }), x.shape);
};

export const reductions: Lowerings = {
  ReduceSum: reduce("ReduceSum"),
  ReduceMean: reduce("ReduceMean"),
  ReduceMax: reduce("ReduceMax"),
  ReduceMin: reduce("ReduceMin"),
  ReduceProd: reduce("ReduceProd"),
  ReduceL1: reduce("ReduceSum", magnitude),
  ReduceL2: reduce("ReduceSum", square, root),
  ReduceSumSquare: reduce("ReduceSum", square),
  ReduceLogSum: reduce("ReduceSum", undefined, logarithm),
  ReduceLogSumExp: logSumExp,
  GlobalAveragePool: globalPool("ReduceMean"),
  GlobalMaxPool: globalPool("ReduceMax"),
  ArgMax: extreme(1),
  ArgMin: extreme(-1),
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
};
