/** Layers with weights, as architectures are put together from them. */
import type { Value } from "../engine/index.ts";
import type { LayerPlace } from "./architecture.ts";

interface ConvolutionOptions {
  readonly channels: number;
  /** Odd height and width of the filter. */
  readonly size: number;
  readonly stride?: number;
  /** Every channel has filters of its own. */
  readonly isDepthwise?: boolean;
  readonly hasBias: boolean;
}

/**
 * A convolution with bias whose padding keeps the size: H' = ⌈H / stride⌉.
 * @param x [N, C, H, W] @returns [N, channels, H', W']
 */
export const addConvolution = (
  place: LayerPlace,
  name: string,
  x: Value,
  options: Omit<ConvolutionOptions, "hasBias">,
): Value => convolve(place, name, x, { ...options, hasBias: true });

function convolve(
  { g, parameter }: LayerPlace,
  name: string,
  x: Value,
  options: ConvolutionOptions,
): Value {
  const { channels, size, stride = 1, isDepthwise = false } = options;
  const group = isDepthwise ? x.shape[1] : 1;
  const perGroup = x.shape[1] / group;
  const filter = parameter({
    name: `${name}.weight`,
    shape: [channels, perGroup, size, size],
    start: { fanIn: perGroup * size * size },
    hasDecay: true,
  });
  const bias = options.hasBias
    ? parameter({
        name: `${name}.bias`,
        shape: [channels],
        start: "zeros",
        hasDecay: false,
      })
    : null;
  const pad = (size - 1) / 2;
  return g.add(
    "Conv",
    bias ? [x, filter, bias] : [x, filter],
    {
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [1, 1],
      group,
    },
    name,
  );
}

/** Keeps the deviation away from zero; PyTorch's, so that weights may be exchanged. */
const epsilon = 1e-5;

/**
 * A convolution without bias, then batch normalisation, y = γ·(x − μ) / √(σ² + ε) + β, of each channel.
 * Source: Ioffe & Szegedy, arXiv 1502.03167.
 * @param x [N, C, H, W] @returns [N, channels, H', W'], H' = ⌈H / stride⌉
 */
export function addNormalisedConvolution(
  place: LayerPlace,
  name: string,
  x: Value,
  options: Omit<ConvolutionOptions, "hasBias">,
): Value {
  const { g, parameter, moments } = place;
  const convolved = convolve(place, name, x, { ...options, hasBias: false });
  const norm = `${name}.norm`;
  const { channels } = options;
  const perChannel = (part: string, start: "zeros" | "ones") =>
    g.add(
      "Reshape",
      [
        parameter({
          name: `${norm}.${part}`,
          shape: [channels],
          start,
          hasDecay: false,
        }),
      ],
      { shape: [1, channels, 1, 1] },
    );
  const gamma = perChannel("weight", "ones");
  const beta = perChannel("bias", "zeros");
  const { mean, variance } = moments(norm, convolved);
  const shifted = g.add("Add", [variance, g.scalar(epsilon)], {});
  const scale = g.add("Div", [gamma, g.add("Sqrt", [shifted], {})], {});
  const offset = g.add("Sub", [beta, g.add("Mul", [mean, scale], {})], {});
  return g.add("Add", [g.add("Mul", [convolved, scale], {}), offset], {}, norm);
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

/** The mean of every channel, and a linear map of them. @param x [N, C, H, W] @returns [N, width] */
export function addPooledLinear(
  place: LayerPlace,
  name: string,
  x: Value,
  width: number,
): Value {
  const pooled = place.g.add(
    "ReduceMean",
    [x],
    { axes: [2, 3], keepDims: false },
    "pooled",
  );
  return addLinear(place, name, pooled, width);
}
