/** Arithmetic, comparisons, truth values and conversions. */
import type { Value } from "../../graph/graph.ts";
import { toDType, dataTypeName } from "../tensor-proto.ts";
import type { Lowerings, OnnxCall } from "./call.ts";
import { same } from "./elementwise.ts";

/** One operand or more, combined from the left. */
function combine(call: OnnxCall, op: "Add" | "Max" | "Min"): Value {
  const [first, ...others] = call.inputs.map((_, index) => call.input(index));
  if (!first) return call.fail("it has no input");
  return others.reduce(
    (total, value) => call.add(op, [total, value], {}),
    first,
  );
}

function castTo(call: OnnxCall, dataType: number): Value {
  const to = toDType(dataType);
  if (!to)
    return call.fail(`values cannot be converted to ${dataTypeName(dataType)}`);
  const x = call.input(0);
  return x.dtype === to ? x : call.add("Cast", [x], { to });
}

const isNaNs = (call: OnnxCall) => {
  const x = call.input(0);
  return call.add("Not", [call.add("Equal", [x, x], {})], {});
};

export const arithmetic: Lowerings = {
  Add: same("Add"),
  Sub: same("Sub"),
  Mul: same("Mul"),
  Div: same("Div"),
  Mod: (call) => call.add("Mod", call.inputs, { isFmod: call.flag("fmod") }),
  Max: (call) => combine(call, "Max"),
  Min: (call) => combine(call, "Min"),
  Sum: (call) => combine(call, "Add"),
  Mean: (call) =>
    call.add(
      "Mul",
      [combine(call, "Add"), call.g.scalar(1 / call.inputs.length)],
      {},
    ),

  Equal: same("Equal"),
  Greater: same("Greater"),
  GreaterOrEqual: same("GreaterOrEqual"),
  Less: same("Less"),
  LessOrEqual: same("LessOrEqual"),
  And: same("And"),
  Or: same("Or"),
  Not: same("Not"),
  Xor: (call) => call.add("Not", [call.add("Equal", call.inputs, {})], {}),
  IsNaN: isNaNs,
  IsInf: (call) =>
    call.add(
      "Equal",
      [call.add("Abs", [call.input(0)], {}), call.g.scalar(Infinity)],
      {},
    ),
  Where: same("Where"),
  Cast: (call) => castTo(call, call.int("to", 0)),
  CastLike: (call) => {
    const [x, { dtype: to }] = [call.input(0), call.input(1)];
    return x.dtype === to ? x : call.add("Cast", [x], { to });
  },
};
