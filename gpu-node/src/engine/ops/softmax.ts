/** Softmax and its logarithm along one axis (ONNX since opset 13; before that, the importer reshapes). */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import {
  elementCount,
  zeros,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";

function infer(
  inputs: readonly (Value | null)[],
  { axis }: { readonly axis: number },
): TensorType[] {
  const { dtype, shape } = oneOperand(inputs, "float32");
  if (!(axis in shape))
    throw new MotifError(
      "graph",
      `axis ${axis} is not one of [${shape.join(",")}]`,
    );
  return [{ dtype, shape }];
}

/** The largest is subtracted first, so that nothing overflows; `f` gets x − max and Σ exp(x − max). */
function normalise(
  f: (shifted: number, sum: number, logSum: number) => number,
) {
  return (
    [x]: readonly (Tensor | null)[],
    { axis }: { readonly axis: number },
    [type]: readonly TensorType[],
  ): Tensor[] => {
    const { data, shape } = x!;
    const out = zeros(type, x);
    const size = shape[axis];
    const inner = elementCount(shape.slice(axis + 1));
    for (let row = 0; row * size < data.length; row++) {
      const first = Math.floor(row / inner) * size * inner + (row % inner);
      const past = first + size * inner;
      let most = -Infinity;
      for (let i = first; i < past; i += inner) most = Math.max(most, data[i]);
      let sum = 0;
      for (let i = first; i < past; i += inner) sum += Math.exp(data[i] - most);
      const logSum = Math.log(sum);
      for (let i = first; i < past; i += inner)
        out.data[i] = f(data[i] - most, sum, logSum);
    }
    return [out];
  };
}

export const softmax = {
  Softmax: {
    infer,
    kernel: normalise((shifted, sum) => Math.exp(shifted) / sum),
    // out·(c − Σ c·out)
    vjp: (g, { outputs: [out], attributes: { axis } }, [cotangent]) => {
      const sum = g.add("ReduceSum", [g.add("Mul", [cotangent!, out], {})], {
        axes: [axis],
        keepDims: true,
      });
      return [g.add("Mul", [out, g.add("Sub", [cotangent!, sum], {})], {})];
    },
  },
  LogSoftmax: {
    infer,
    kernel: normalise((shifted, _, logSum) => shifted - logSum),
    // c − softmax·Σ c
    vjp: (g, { outputs: [out], attributes: { axis } }, [cotangent]) => {
      const sum = g.add("ReduceSum", [cotangent!], {
        axes: [axis],
        keepDims: true,
      });
      return [
        g.add(
          "Sub",
          [cotangent!, g.add("Mul", [g.add("Exp", [out], {}), sum], {})],
          {},
        ),
      ];
    },
  },
} satisfies OpRules;
