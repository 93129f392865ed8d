/** Functions of single elements. Formulas are those of the ONNX operator specification. */
import type { Value } from "../../graph/graph.ts";
import type { Attributes, OpType } from "../../graph/operators.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

type Plain = {
  [Op in OpType]: Record<never, never> extends Attributes<Op> ? Op : never;
}[OpType];

/** An operator that is canonical as it stands. */
export const same = (op: Plain) => (call: OnnxCall) =>
  call.add(op, call.inputs, {});

const product = (call: OnnxCall, a: Value, b: Value) =>
  call.add("Mul", [a, b], {});
const times = (call: OnnxCall, a: Value, factor: number) =>
  product(call, a, call.g.scalar(factor));

function clip(call: OnnxCall): Value {
  const x = call.input(0);
  // Bounds were attributes before opset 11.
  const min = call.optional(1)
    ? call.knownNumber(1, "lower bound")
    : call.float("min", -Infinity);
  const max = call.optional(2)
    ? call.knownNumber(2, "upper bound")
    : call.float("max", Infinity);
  if (x.dtype === "float32") return call.add("Clip", [x], { min, max });
  let clipped = x;
  if (Number.isFinite(min))
    clipped = call.add("Max", [clipped, call.g.integer(min)], {});
  if (Number.isFinite(max))
    clipped = call.add("Min", [clipped, call.g.integer(max)], {});
  return clipped;
}

/** x·Φ(x), or with Φ approximated through tanh: Hendrycks & Gimpel, arXiv:1606.08415. */
function gelu(call: OnnxCall): Value {
  const x = call.input(0);
  const approximate = call.text("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh")
    call.fail(`approximate "${approximate}" is unknown`);
  let bounded: Value;
  if (approximate === "none") {
    bounded = call.add("Erf", [times(call, x, Math.SQRT1_2)], {});
  } else {
    const cubic = times(call, product(call, product(call, x, x), x), 0.044715);
    bounded = call.add(
      "Tanh",
      [times(call, call.add("Add", [x, cubic], {}), Math.sqrt(2 / Math.PI))],
      {},
    );
  }
  return product(
    call,
    times(call, x, 0.5),
    call.add("Add", [bounded, call.g.scalar(1)], {}),
  );
}

function negativeSlope(call: OnnxCall): Value {
  const [x, slope] = [call.input(0), call.input(1)];
  const isNegative = call.add("Less", [x, call.g.scalar(0)], {});
  return call.add("Where", [isNegative, product(call, x, slope), x], {});
}

/** x^y where y is a number that a cheaper operator stands for. */
function power(call: OnnxCall): Value {
  const x = call.input(0);
  let exponent = call.input(1);
  if (exponent.dtype !== x.dtype)
    exponent = call.add("Cast", [exponent], { to: x.dtype });
  const fits =
    exponent.data?.length === 1 && exponent.shape.length <= x.shape.length;
  switch (fits ? exponent.data?.[0] : undefined) {
    case 1:
      return x;
    case 2:
      return product(call, x, x);
    case 3:
      return product(call, product(call, x, x), x);
    case 0.5:
      return call.add("Sqrt", [x], {});
    case -1:
      return x.dtype === "float32"
        ? call.add("Reciprocal", [x], {})
        : call.fail("negative powers of integers");
    default:
      return call.add("Pow", [x, exponent], {});
  }
}

export const elementwise: Lowerings = {
  Abs: same("Abs"),
  Ceil: same("Ceil"),
  Cos: same("Cos"),
  Erf: same("Erf"),
  Exp: same("Exp"),
  Floor: same("Floor"),
  Log: same("Log"),
  Neg: same("Neg"),
  Reciprocal: same("Reciprocal"),
  Round: same("Round"),
  Sign: same("Sign"),
  Sin: same("Sin"),
  Sqrt: same("Sqrt"),
  Tan: (call) =>
    call.add(
      "Div",
      [call.add("Sin", call.inputs, {}), call.add("Cos", call.inputs, {})],
      {},
    ),
  Pow: power,

  Relu: same("Relu"),
  Sigmoid: same("Sigmoid"),
  Tanh: same("Tanh"),
  Softplus: same("Softplus"),
  Clip: clip,
  Gelu: gelu,
  PRelu: negativeSlope,
  LeakyRelu: (call) =>
    call.add("LeakyRelu", [call.input(0)], {
      alpha: call.float("alpha", 0.01),
    }),
  Elu: (call) =>
    call.add("Elu", [call.input(0)], { alpha: call.float("alpha", 1) }),
  HardSigmoid: (call) =>
    call.add("HardSigmoid", [call.input(0)], {
      alpha: call.float("alpha", 0.2),
      beta: call.float("beta", 0.5),
    }),
  HardSwish: (call) =>
    product(
      call,
      call.input(0),
      call.add("HardSigmoid", [call.input(0)], { alpha: 1 / 6, beta: 0.5 }),
    ),
  Swish: (call) => {
    const alpha = call.float("alpha", 1);
    const x = call.input(0);
    return product(
      call,
      x,
      call.add("Sigmoid", [alpha === 1 ? x : times(call, x, alpha)], {}),
    );
  },
  Mish: (call) =>
    product(
      call,
      call.input(0),
      call.add("Tanh", [call.add("Softplus", [call.input(0)], {})], {}),
    ),
  Selu: (call) => {
    const elu = call.add("Elu", [call.input(0)], {
      alpha: call.float("alpha", 1.6732632423543772),
    });
    return times(call, elu, call.float("gamma", 1.0507009873554805));
  },
  Celu: (call) => {
    const alpha = call.float("alpha", 1);
    return times(
      call,
      call.add("Elu", [times(call, call.input(0), 1 / alpha)], { alpha: 1 }),
      alpha,
    );
  },
  ThresholdedRelu: (call) => {
    const isAbove = call.add(
      "Greater",
      [call.input(0), call.g.scalar(call.float("alpha", 1))],
      {},
    );
    return call.add("Where", [isAbove, call.input(0), call.g.scalar(0)], {});
  },
  Softsign: (call) => {
    const size = call.add(
      "Add",
      [call.add("Abs", [call.input(0)], {}), call.g.scalar(1)],
      {},
    );
    return call.add("Div", [call.input(0), size], {});
  },
};
