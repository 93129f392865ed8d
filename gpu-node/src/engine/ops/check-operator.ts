/** For tests: holds an operator's vector-Jacobian product against central differences. */
import { expect } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import { referenceBackend } from "../backends/reference.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import {
  elementCount,
  type Shape,
  type Tensor,
  type TensorData,
} from "../graph/tensor.ts";
import { newGraphBuilder } from "./table.ts";

/** Numbers in (−1, 1) from a seed: a linear congruential generator (Numerical Recipes, 3rd ed., section 7.1). */
export function sequence(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A float32 tensor of `sequence` numbers. */
export function sample(shape: Shape, seed = 1): Tensor {
  return { dtype: "float32", shape, data: sequence(elementCount(shape), seed) };
}

/**
 * Compares the gradient of Σ w·op(inputs) (w a fixed random weighting) with central differences for every float32
 * input, at every element, computed in float64 and again in float32.
 * @param inputs int64 and bool ones, and those named in `constants`, are held fixed
 * @param options.step of the differences; keep it smaller than the distance to any kink
 */
export async function expectGradient<Op extends OpType>(
  op: Op,
  inputs: readonly (Tensor | null)[],
  attributes: Attributes<Op>,
  options: {
    readonly step?: number;
    readonly constants?: readonly number[];
  } = {},
): Promise<void> {
  const { step = 1e-4, constants = [] } = options;
  const g = newGraphBuilder();
  const values = inputs.map((tensor, index) => {
    if (!tensor) return null;
    const isFixed = tensor.dtype !== "float32" || constants.includes(index);
    return isFixed ? g.constant(tensor) : g.input(`x${index}`, tensor.shape);
  });
  const wrt = values.filter(
    (value) => value !== null && value.data === undefined,
  ) as Value[];
  const output = g.add(op, values, attributes);
  const weights = g.constant(sample(output.shape, 77));
  const axes = output.shape.map((_, axis) => axis);
  const product = g.add("Mul", [output, weights], {});
  const loss =
    axes.length === 0
      ? product
      : g.add("ReduceSum", [product], { axes, keepDims: false });
  const graph = valueAndGrad(g.finish([loss]), loss, wrt);

  const feeds: Record<string, TensorData> = {};
  inputs.forEach((tensor, index) => {
    if (tensor && values[index]!.data === undefined)
      feeds[`x${index}`] = Float64Array.from(tensor.data);
  });
  const exact = await referenceBackend("float64").compile(graph);
  const single = await referenceBackend().compile(graph);
  const lossAt = async () => (await exact.run(feeds))[0].data[0];
  const [, ...gradients] = await exact.run(feeds);
  const [, ...singles] = await single.run(
    Object.fromEntries(
      Object.entries(feeds).map(([name, data]) => [
        name,
        Float32Array.from(data),
      ]),
    ),
  );
  for (const [position, { name }] of wrt.entries()) {
    const data = feeds[name];
    const differences = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const kept = data[i];
      data[i] = kept + step;
      const above = await lossAt();
      data[i] = kept - step;
      differences[i] = (above - (await lossAt())) / (2 * step);
      data[i] = kept;
    }
    const scale = Math.max(1e-3, ...differences.map(Math.abs));
    const worst = (gradient: Tensor) =>
      Math.max(...differences.map((d, i) => Math.abs(d - gradient.data[i]))) /
      scale;
    expect(
      worst(gradients[position]),
      `${op}: ∂/∂${name} in float64`,
    ).toBeLessThan(1e-5);
    expect(
      worst(singles[position]),
      `${op}: ∂/∂${name} in float32`,
    ).toBeLessThan(1e-2);
  }
}
