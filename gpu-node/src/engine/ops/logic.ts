/** Truth values: comparisons, connectives, choice and conversion between types. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import {
  zeros,
  type DType,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { inferBroadcast, mapBroadcast } from "./arithmetic.ts";
import {
  broadcastIndices,
  broadcastShapes,
  sumToShape,
} from "./broadcasting.ts";
import { checkType, oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";

/** Two broadcast operands of one of the types `allowed`, truth values out. */
function inferTruth(...allowed: readonly DType[]) {
  return (inputs: readonly (Value | null)[]): TensorType[] => {
    const [{ shape }] = inferBroadcast(inputs) as [TensorType];
    checkType(inputs[0]!, ...allowed);
    return [{ dtype: "bool", shape }];
  };
}

const ofNumbers = inferTruth("float32", "int64");
const ofTruths = inferTruth("bool");

const truth = (f: (a: number, b: number) => boolean) =>
  mapBroadcast((a, b) => (f(a, b) ? 1 : 0));

/** A double as int64: towards zero. Beyond the range it saturates and NaN gives 0, where ONNX leaves it open. */
function toInteger(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.max(-(2 ** 63), Math.min(2 ** 63, Math.trunc(x))) + 0;
}

function convert(x: Tensor, type: TensorType): Tensor {
  if (x.dtype === type.dtype) return x;
  const out = zeros(type);
  const f = {
    float32: (value: number) => value,
    int64: toInteger,
    bool: (value: number) => (value === 0 ? 0 : 1),
  }[type.dtype];
  for (let i = 0; i < x.data.length; i++) out.data[i] = f(x.data[i]);
  return out;
}

export const logic = {
  Equal: {
    infer: inferTruth("float32", "int64", "bool"),
    kernel: truth((a, b) => a === b),
    vjp: null,
  },
  Greater: { infer: ofNumbers, kernel: truth((a, b) => a > b), vjp: null },
  GreaterOrEqual: {
    infer: ofNumbers,
    kernel: truth((a, b) => a >= b),
    vjp: null,
  },
  Less: { infer: ofNumbers, kernel: truth((a, b) => a < b), vjp: null },
  LessOrEqual: { infer: ofNumbers, kernel: truth((a, b) => a <= b), vjp: null },
  And: {
    infer: ofTruths,
    kernel: truth((a, b) => a !== 0 && b !== 0),
    vjp: null,
  },
  Or: {
    infer: ofTruths,
    kernel: truth((a, b) => a !== 0 || b !== 0),
    vjp: null,
  },
  Not: {
    infer: (inputs) => [
      { dtype: "bool", shape: oneOperand(inputs, "bool").shape },
    ],
    kernel: ([x]) => [
      {
        ...x!,
        data: (x!.data as Uint8Array).map((value) => (value === 0 ? 1 : 0)),
      },
    ],
    vjp: null,
  },
  Where: {
    infer: ([condition, whereTrue, whereFalse]) => {
      if (!condition || !whereTrue || !whereFalse)
        throw new MotifError("graph", "takes a condition and two values");
      if (condition.dtype !== "bool")
        throw new MotifError(
          "graph",
          `its condition should be bool, given ${condition.dtype}`,
        );
      const [{ dtype }] = [whereTrue];
      if (dtype !== whereFalse.dtype)
        throw new MotifError(
          "graph",
          `its values differ in type: ${dtype} and ${whereFalse.dtype}`,
        );
      return [
        {
          dtype,
          shape: broadcastShapes(
            condition.shape,
            whereTrue.shape,
            whereFalse.shape,
          ),
        },
      ];
    },
    kernel: ([condition, whereTrue, whereFalse], _, [type]) => {
      const out = zeros(type, whereTrue, whereFalse);
      const [ic, it, il] = [condition!, whereTrue!, whereFalse!].map(
        ({ shape }) => broadcastIndices(shape, type.shape),
      ) as [Int32Array, Int32Array, Int32Array];
      for (let i = 0; i < out.data.length; i++) {
        out.data[i] =
          condition!.data[ic[i]] === 0
            ? whereFalse!.data[il[i]]
            : whereTrue!.data[it[i]];
      }
      return [out];
    },
    vjp: (
      g,
      { inputs: [condition, whereTrue, whereFalse] },
      [cotangent],
      wanted,
    ) => [
      null,
      wanted[1]
        ? sumToShape(
            g,
            g.add("Where", [condition!, cotangent!, g.scalar(0)], {}),
            whereTrue!.shape,
          )
        : null,
      wanted[2]
        ? sumToShape(
            g,
            g.add("Where", [condition!, g.scalar(0), cotangent!], {}),
            whereFalse!.shape,
          )
        : null,
    ],
  },
  Cast: {
    infer: (inputs, { to }) => [
      {
        dtype: to,
        shape: oneOperand(inputs, "float32", "int64", "bool").shape,
      },
    ],
    kernel: ([x], _, [type]) => [convert(x!, type)],
    // Only float32 to float32 has a gradient: whatever came from an integer does not vary.
    vjp: (_, { inputs: [x] }, [cotangent]) => [
      x!.dtype === "float32" ? cotangent! : null,
    ],
  },
} satisfies OpRules;
