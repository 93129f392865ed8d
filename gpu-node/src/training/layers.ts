/** Layers with weights, as architectures are put together from them. */
import type { GraphBuilder, Value } from "../engine/index.ts";
import type { ParameterSource } from "./architecture.ts";

/** Where a layer stands: the graph, its parameters and the name they are known by. */
export interface LayerPlace {
  readonly g: GraphBuilder;
  readonly parameter: ParameterSource;
}

/**
 * A convolution with bias whose padding keeps the size: H' = ⌈H / stride⌉.
 * @param x [N, C, H, W] @returns [N, channels, H', W']
 */
export function addConvolution(
  { g, parameter }: LayerPlace,
  name: string,
  x: Value,
  options: {
    readonly channels: number;
    /** Odd height and width of the filter. */
    readonly size: number;
    readonly stride?: number;
  },
): Value {
  const { channels, size, stride = 1 } = options;
  const inputChannels = x.shape[1];
  const filter = parameter({
    name: `${name}.weight`,
    shape: [channels, inputChannels, size, size],
    start: { fanIn: inputChannels * size * size },
    hasDecay: true,
  });
  const bias = parameter({
    name: `${name}.bias`,
    shape: [channels],
    start: "zeros",
    hasDecay: false,
  });
  const pad = (size - 1) / 2;
  return g.add(
    "Conv",
    [x, filter, bias],
    {
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [1, 1],
      group: 1,
    },
    name,
  );
}

/** A linear map with bias. @param x [N, features] @returns [N, width] */
export function addLinear(
  { g, parameter }: LayerPlace,
  name: string,
  x: Value,
  width: number,
): Value {
  const features = x.shape[1];
  const weight = parameter({
    name: `${name}.weight`,
    shape: [features, width],
    start: { fanIn: features },
    hasDecay: true,
  });
  const bias = parameter({
    name: `${name}.bias`,
    shape: [width],
    start: "zeros",
    hasDecay: false,
  });
  return g.add(
    "Gemm",
    [x, weight, bias],
    { transA: false, transB: false },
    name,
  );
}
