/** Arithmetic of two broadcast operands. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { zeros, type Tensor, type TensorType } from "../graph/tensor.ts";
import {
  broadcastIndices,
  broadcastShapes,
  sumToShape,
} from "./broadcasting.ts";
import type { OpRules } from "./rule.ts";

/** Type of two operands of one type, broadcast. */
export function inferBroadcast(
  inputs: readonly (Value | null)[],
): TensorType[] {
  const [a, b] = inputs;
  if (!a || !b) throw new MotifError("graph", "takes two inputs");
  if (a.dtype !== b.dtype)
    throw new MotifError(
      "graph",
      `its inputs differ in type: ${a.dtype} and ${b.dtype}`,
    );
  return [{ dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape) }];
}

/** Computes `f` element by element over two broadcast operands. */
export function mapBroadcast(
  f: (a: number, b: number, isInteger: boolean) => number,
) {
  return (
    [a, b]: readonly (Tensor | null)[],
    _: unknown,
    [type]: readonly TensorType[],
  ): Tensor[] => {
    const out = zeros(type, a, b);
    const ia = broadcastIndices(a!.shape, type.shape);
    const ib = broadcastIndices(b!.shape, type.shape);
    const isInteger = a!.dtype === "int64";
    for (let i = 0; i < out.data.length; i++)
      out.data[i] = f(a!.data[ia[i]], b!.data[ib[i]], isInteger);
    return [out];
  };
}

type Vjp = (
  g: GraphBuilder,
  cotangent: Value,
  a: Value,
  b: Value,
  out: Value,
) => Value;

/** VJP from the two partial products, each summed back to its operand's shape. */
function partials(byA: Vjp, byB: Vjp) {
  return (
    g: GraphBuilder,
    node: Node<OpType>,
    [cotangent]: readonly (Value | null)[],
    wanted: readonly boolean[],
  ) => {
    const [a, b] = node.inputs as readonly [Value, Value];
    return [a, b].map((operand, index) =>
      wanted[index]
        ? sumToShape(
            g,
            (index === 0 ? byA : byB)(g, cotangent!, a, b, node.outputs[0]),
            operand.shape,
          )
        : null,
    );
  };
}

/** Cotangent where `condition(a, b)` holds, else zero. */
function keepWhere(
  condition: "GreaterOrEqual" | "Greater" | "Less" | "LessOrEqual",
): Vjp {
  return (g, cotangent, a, b) =>
    g.add("Where", [g.add(condition, [a, b], {}), cotangent, g.scalar(0)], {});
}

const truncatedDivision = (a: number, b: number) => Math.trunc(a / b);

export const arithmetic = {
  Add: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => a + b),
    vjp: partials(
      (_, c) => c,
      (_, c) => c,
    ),
  },
  Sub: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => a - b),
    vjp: partials(
      (_, c) => c,
      (g, c) => g.add("Neg", [c], {}),
    ),
  },
  Mul: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => a * b),
    vjp: partials(
      (g, c, _, b) => g.add("Mul", [c, b], {}),
      (g, c, a) => g.add("Mul", [c, a], {}),
    ),
  },
  Div: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b, isInteger) =>
      isInteger ? truncatedDivision(a, b) : a / b,
    ),
    vjp: partials(
      (g, c, _, b) => g.add("Div", [c, b], {}),
      // ∂(a/b)/∂b = −(a/b)/b
      (g, c, _, b, out) =>
        g.add("Neg", [g.add("Div", [g.add("Mul", [c, out], {}), b], {})], {}),
    ),
  },
  Pow: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => a ** b),
    vjp: partials(
      (g, c, a, b) =>
        g.add(
          "Mul",
          [
            c,
            g.add(
              "Mul",
              [b, g.add("Pow", [a, g.add("Sub", [b, g.scalar(1)], {})], {})],
              {},
            ),
          ],
          {},
        ),
      // ∂(a^b)/∂b = a^b·ln a; only defined for a > 0
      (g, c, a, _, out) =>
        g.add("Mul", [c, g.add("Mul", [out, g.add("Log", [a], {})], {})], {}),
    ),
  },
  // Equal operands: the whole cotangent goes to the first, so that nothing is counted twice.
  Max: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => Math.max(a, b)),
    vjp: partials(keepWhere("GreaterOrEqual"), keepWhere("Less")),
  },
  Min: {
    infer: inferBroadcast,
    kernel: mapBroadcast((a, b) => Math.min(a, b)),
    vjp: partials(keepWhere("LessOrEqual"), keepWhere("Greater")),
  },
  Mod: {
    infer: inferBroadcast,
    kernel: (inputs, { isFmod }, types) =>
      mapBroadcast((a, b) => (isFmod ? a % b : a - b * Math.floor(a / b)))(
        inputs,
        undefined,
        types,
      ),
    vjp: null,
  },
} satisfies OpRules;
