/** Functions of single elements. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import {
  zeros,
  type DType,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";

/** One input of one of the types `allowed`, the same type out. */
export function inferElementwise(...allowed: readonly DType[]) {
  return (inputs: readonly (Value | null)[]): TensorType[] => {
    const { dtype, shape } = oneOperand(inputs, ...allowed);
    return [{ dtype, shape }];
  };
}

/** `f` of every element. */
export function mapElements(
  { data, shape, dtype }: Tensor,
  f: (x: number) => number,
): Tensor[] {
  const out = zeros({ dtype, shape }, { data, shape, dtype });
  for (let i = 0; i < data.length; i++) out.data[i] = f(data[i]);
  return [out];
}

/** VJP of a function of one input, from the cotangent, the input and the output. */
export function elementwiseVjp<Op extends OpType>(
  vjp: (
    g: GraphBuilder,
    cotangent: Value,
    x: Value,
    out: Value,
    attributes: Node<Op>["attributes"],
  ) => Value,
) {
  return (
    g: GraphBuilder,
    node: Node<Op>,
    [cotangent]: readonly (Value | null)[],
  ): Value[] => [
    vjp(g, cotangent!, node.inputs[0]!, node.outputs[0], node.attributes),
  ];
}

const anyNumber = inferElementwise("float32", "int64");
const float = inferElementwise("float32");
const kernel =
  (f: (x: number) => number) =>
  ([x]: readonly (Tensor | null)[]): Tensor[] =>
    mapElements(x!, f);

/**
 * The error function, to double precision: erf x = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms have one
 * sign, so that nothing cancels (Abramowitz & Stegun, *Handbook of Mathematical Functions*, 7.1.6).
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x); // 1 − erf 6 = 2·10⁻¹⁷
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * 1e-17; odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function roundHalfToEven(x: number): number {
  return Math.abs(x - Math.trunc(x)) === 0.5
    ? 2 * Math.round(x / 2)
    : Math.round(x);
}

export const unary = {
  Abs: {
    infer: anyNumber,
    kernel: kernel(Math.abs),
    vjp: elementwiseVjp((g, c, x) =>
      g.add("Mul", [c, g.add("Sign", [x], {})], {}),
    ),
  },
  Ceil: { infer: float, kernel: kernel(Math.ceil), vjp: null },
  Cos: {
    infer: float,
    kernel: kernel(Math.cos),
    vjp: elementwiseVjp((g, c, x) =>
      g.add("Neg", [g.add("Mul", [c, g.add("Sin", [x], {})], {})], {}),
    ),
  },
  Erf: {
    infer: float,
    kernel: kernel(erf),
    // 2/√π · exp(−x²)
    vjp: elementwiseVjp((g, c, x) => {
      const bell = g.add(
        "Exp",
        [g.add("Neg", [g.add("Mul", [x, x], {})], {})],
        {},
      );
      return g.add(
        "Mul",
        [c, g.add("Mul", [bell, g.scalar(2 / Math.sqrt(Math.PI))], {})],
        {},
      );
    }),
  },
  Exp: {
    infer: float,
    kernel: kernel(Math.exp),
    vjp: elementwiseVjp((g, c, _, out) => g.add("Mul", [c, out], {})),
  },
  Floor: { infer: float, kernel: kernel(Math.floor), vjp: null },
  Log: {
    infer: float,
    kernel: kernel(Math.log),
    vjp: elementwiseVjp((g, c, x) => g.add("Div", [c, x], {})),
  },
  Neg: {
    infer: anyNumber,
    kernel: kernel((x) => -x),
    vjp: elementwiseVjp((g, c) => g.add("Neg", [c], {})),
  },
  Reciprocal: {
    infer: float,
    kernel: kernel((x) => 1 / x),
    // −1/x²
    vjp: elementwiseVjp((g, c, _, out) =>
      g.add("Neg", [g.add("Mul", [c, g.add("Mul", [out, out], {})], {})], {}),
    ),
  },
  Round: { infer: float, kernel: kernel(roundHalfToEven), vjp: null },
  Sign: { infer: anyNumber, kernel: kernel(Math.sign), vjp: null },
  Sin: {
    infer: float,
    kernel: kernel(Math.sin),
    vjp: elementwiseVjp((g, c, x) =>
      g.add("Mul", [c, g.add("Cos", [x], {})], {}),
    ),
  },
  Sqrt: {
    infer: float,
    kernel: kernel(Math.sqrt),
    // 1/(2√x): infinite at 0, as in PyTorch
    vjp: elementwiseVjp((g, c, _, out) =>
      g.add("Div", [g.add("Mul", [c, g.scalar(0.5)], {}), out], {}),
    ),
  },
} satisfies OpRules;
