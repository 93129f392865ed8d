/** Activation functions. Their gradients run at every layer of a search, so they are few nodes, and cheap ones. */
import { MotifError } from "../../motif-error.ts";
import type { Tensor } from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";
import { elementwiseVjp, inferElementwise, mapElements } from "./unary.ts";

const infer = inferElementwise("float32");
const kernel =
  (f: (x: number) => number) =>
  ([x]: readonly (Tensor | null)[]): Tensor[] =>
    mapElements(x!, f);

export const activations = {
  Relu: {
    infer,
    kernel: kernel((x) => Math.max(x, 0)),
    // 0 at 0, as in PyTorch. From the output, so that x need not be kept and a convolution can be fused with its Relu.
    vjp: elementwiseVjp((g, c, _, out) =>
      g.add("Mul", [c, g.add("Sign", [out], {})], {}),
    ),
  },
  Sigmoid: {
    infer,
    kernel: kernel((x) => 1 / (1 + Math.exp(-x))),
    // out·(1 − out)
    vjp: elementwiseVjp((g, c, _, out) =>
      g.add(
        "Mul",
        [c, g.add("Mul", [out, g.add("Sub", [g.scalar(1), out], {})], {})],
        {},
      ),
    ),
  },
  Tanh: {
    infer,
    kernel: kernel(Math.tanh),
    // 1 − out²
    vjp: elementwiseVjp((g, c, _, out) =>
      g.add(
        "Mul",
        [c, g.add("Sub", [g.scalar(1), g.add("Mul", [out, out], {})], {})],
        {},
      ),
    ),
  },
  Softplus: {
    infer,
    // ln(1 + eˣ), without overflow
    kernel: kernel((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    vjp: elementwiseVjp((g, c, x) =>
      g.add("Mul", [c, g.add("Sigmoid", [x], {})], {}),
    ),
  },
  LeakyRelu: {
    infer,
    kernel: ([x], { alpha }) =>
      mapElements(x!, (value) => (value > 0 ? value : alpha * value)),
    vjp: elementwiseVjp<"LeakyRelu">((g, c, x, _, { alpha }) =>
      g.add(
        "Where",
        [
          g.add("Greater", [x, g.scalar(0)], {}),
          c,
          g.add("Mul", [c, g.scalar(alpha)], {}),
        ],
        {},
      ),
    ),
  },
  Elu: {
    infer,
    kernel: ([x], { alpha }) =>
      mapElements(x!, (value) =>
        value > 0 ? value : alpha * Math.expm1(value),
      ),
    // where x ≤ 0: alpha·eˣ = out + alpha
    vjp: elementwiseVjp<"Elu">((g, c, x, out, { alpha }) => {
      const slope = g.add("Add", [out, g.scalar(alpha)], {});
      return g.add(
        "Where",
        [
          g.add("Greater", [x, g.scalar(0)], {}),
          c,
          g.add("Mul", [c, slope], {}),
        ],
        {},
      );
    }),
  },
  HardSigmoid: {
    infer,
    kernel: ([x], { alpha, beta }) =>
      mapElements(x!, (value) =>
        Math.max(0, Math.min(1, alpha * value + beta)),
      ),
    // 0 at both kinks, as in PyTorch: out·(1 − out) is positive exactly between them.
    vjp: elementwiseVjp<"HardSigmoid">((g, c, _, out, { alpha }) => {
      const between = g.add(
        "Sign",
        [g.add("Mul", [out, g.add("Sub", [g.scalar(1), out], {})], {})],
        {},
      );
      return g.add(
        "Mul",
        [c, g.add("Mul", [between, g.scalar(alpha)], {})],
        {},
      );
    }),
  },
  Clip: {
    infer: (inputs, { min, max }) => {
      const { dtype, shape } = oneOperand(inputs, "float32");
      if (Number.isNaN(min) || Number.isNaN(max))
        throw new MotifError("graph", `its bounds are ${min} and ${max}`);
      return [{ dtype, shape }];
    },
    kernel: ([x], { min, max }) =>
      mapElements(x!, (value) => Math.min(max, Math.max(value, min))),
    // 1 where min ≤ x ≤ max, bounds included, as PyTorch's clamp: exactly where the value came through unchanged.
    vjp: elementwiseVjp((g, c, x, out) =>
      g.add("Where", [g.add("Equal", [x, out], {}), c, g.scalar(0)], {}),
    ),
  },
} satisfies OpRules;
