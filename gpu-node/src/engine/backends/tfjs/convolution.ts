/**
 * Convolutions, channels last: pictures [N, H, W, C], filters [kH, kW, C/group, M]. tfjs has kernels for one group and
 * for a group a channel; groups in between are convolved one by one. A transposed convolution is a convolution of the
 * picture with zeros put between its elements: tfjs's own is slow and knows neither dilations nor groups.
 */
import type { Shape } from "../../graph/tensor.ts";
import { windowSpan, type WindowAxis } from "../../ops/windows.ts";
import { cut, pad } from "./layout.ts";
import type { TfTensor } from "./platform.ts";
import type { Forwards, Site } from "./site.ts";

type Kernels = Pick<Site, "kernel">;
type Pair = readonly [number, number];
type Convolve = (x: TfTensor, filter: TfTensor) => TfTensor;

interface Geometry {
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly group: number;
}

function kernelAttributes({ strides, dilations, pads }: Geometry) {
  const [top, left, bottom, right] = pads;
  return {
    strides,
    dilations,
    pad: pads.every((size) => size === 0)
      ? "valid"
      : [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ],
    dataFormat: "NHWC",
  };
}

/** @param filter the shape [kH, kW, C/group, M] */
function convolve(
  site: Kernels,
  x: Shape,
  filter: Shape,
  geometry: Geometry,
): Convolve {
  const { group } = geometry;
  const attributes = kernelAttributes(geometry);
  const [kh, kw, perGroup, m] = filter;
  if (group === 1) {
    const kernel = site.kernel("Conv2D");
    return (picture, taps) => kernel({ x: picture, filter: taps }, attributes);
  }
  if (perGroup === 1) {
    const [kernel, reshape] = [
      site.kernel("DepthwiseConv2dNative"),
      site.kernel("Reshape"),
    ];
    const shape = [kh, kw, group, m / group];
    return (picture, taps) =>
      kernel(
        { x: picture, filter: reshape({ x: taps }, { shape }) },
        attributes,
      );
  }
  const [kernel, concat] = [site.kernel("Conv2D"), site.kernel("Concat")];
  const maps = m / group;
  const parts = Array.from({ length: group }, (_, index) => ({
    picture: cut(
      site,
      [0, 0, 0, index * perGroup],
      [...x.slice(0, 3), perGroup],
    ),
    taps: cut(site, [0, 0, 0, index * maps], [kh, kw, perGroup, maps]),
  }));
  return (picture, taps) =>
    concat(
      parts.map((part) =>
        kernel(
          { x: part.picture(picture), filter: part.taps(taps) },
          attributes,
        ),
      ),
      { axis: 3 },
    );
}

/** Adds a bias [M] where there is one. */
function addBias(site: Kernels): (x: TfTensor, bias?: TfTensor) => TfTensor {
  const add = site.kernel("Add");
  return (x, bias) => (bias ? add({ a: x, b: bias }) : x);
}

export const convolution = {
  Conv: (site) => {
    const [x, filter] = site.inputs.map((input) => input?.shape) as [
      Shape,
      Shape,
    ];
    if (site.attributes.group === 1 && site.inputs[2]) {
      // One pass over the pictures, and the bias is where the sum begins.
      const kernel = site.kernel("FusedConv2D");
      const attributes = {
        ...kernelAttributes(site.attributes),
        activation: "linear",
      };
      return ([picture, taps, bias]) =>
        kernel({ x: picture, filter: taps, bias: bias }, attributes);
    }
    const run = convolve(site, x, filter, site.attributes);
    const withBias = addBias(site);
    return ([picture, taps, bias]) => withBias(run(picture, taps), bias);
  },

  // The filter comes as [kH, kW, M/group, C].
  ConvTranspose: (site) => {
    const { strides, dilations, pads, group, outputPadding } = site.attributes;
    const [[n, height, width, c], [kh, kw, perGroup]] = site.inputs.map(
      (input) => input?.shape,
    ) as [Shape, Shape];
    const axes = [0, 1].map((index): WindowAxis => ({
      size: [height, width][index],
      kernel: [kh, kw][index],
      stride: strides[index],
      dilation: dilations[index],
      begin: pads[index],
      end: pads[index + 2],
    }));
    const reshape = site.kernel("Reshape");
    // […, h, …] → […, h, 1, …] → […, h, stride, …] → […, h·stride, …]
    const zeros = pad(
      site,
      [n, height, 1, width, 1, c],
      [0, 0, 0, 0, 0, 0],
      [0, 0, strides[0] - 1, 0, strides[1] - 1, 0],
    );
    const spread = [n, height * strides[0], width * strides[1], c];
    const begins = axes.map((axis) => windowSpan(axis) - 1 - axis.begin);
    const ends = axes.map(
      (axis, index) =>
        windowSpan(axis) -
        1 -
        axis.end +
        outputPadding[index] -
        (axis.stride - 1),
    );
    const border = pad(site, spread, [0, ...begins, 0], [0, ...ends, 0]);
    const padded = [
      n,
      spread[1] + begins[0] + ends[0],
      spread[2] + begins[1] + ends[1],
      c,
    ];
    const turn = site.kernel("Reverse");
    const exchange = exchangeChannels(site, [kh, kw, perGroup, c], group);
    const run = convolve(site, padded, [kh, kw, c / group, perGroup * group], {
      strides: [1, 1],
      dilations,
      pads: [0, 0, 0, 0],
      group,
    });
    const withBias = addBias(site);
    return ([picture, taps, bias]) => {
      const split = reshape(
        { x: picture },
        { shape: [n, height, 1, width, 1, c] },
      );
      const whole = border(reshape({ x: zeros(split) }, { shape: spread }));
      const filter = exchange(turn({ x: taps }, { dims: [0, 1] }));
      return withBias(run(whole, filter), bias);
    };
  },
} satisfies Forwards;

/** [kH, kW, M/group, C] → [kH, kW, C/group, M]: within each group, channels in and out change places. */
function exchangeChannels(
  site: Kernels,
  [kh, kw, perGroup, c]: Shape,
  group: number,
): (filter: TfTensor) => TfTensor {
  const [transpose, reshape] = [
    site.kernel("Transpose"),
    site.kernel("Reshape"),
  ];
  return (filter) => {
    const split = reshape(
      { x: filter },
      { shape: [kh, kw, perGroup, group, c / group] },
    );
    const exchanged = transpose({ x: split }, { perm: [0, 1, 4, 3, 2] });
    return reshape(
      { x: exchanged },
      { shape: [kh, kw, c / group, group * perGroup] },
    );
  };
}
