/** Convolutions of pictures. Their gradients are built in convolution-gradients.ts. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import {
  zeros,
  type Shape,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";
import { biasGradient, inputGradient } from "./convolution-gradients.ts";
import { cropPicture } from "./cut-picture.ts";
import { filterGradient } from "./filter-gradient.ts";
import type { OpRules } from "./rule.ts";
import {
  insidePositions,
  windowAxes,
  windowCount,
  windowSpan,
  type WindowAxis,
} from "./windows.ts";

/** Checks what Conv and ConvTranspose have in common. */
function checkOperands(
  inputs: readonly (Value | null)[],
  group: number,
): { x: Shape; filter: Shape } {
  const [x, filter, bias] = inputs;
  if (!x || !filter)
    throw new MotifError(
      "graph",
      "takes an input, a filter and perhaps a bias",
    );
  for (const value of [x, filter, bias]) {
    if (value && value.dtype !== "float32")
      throw new MotifError("graph", `takes float32, given ${value.dtype}`);
  }
  if (x.shape.length !== 4 || filter.shape.length !== 4) {
    throw new MotifError(
      "graph",
      "takes pictures [N, C, H, W] and a filter of four axes; write other ranks out with Reshape",
    );
  }
  if (!(Number.isInteger(group) && group >= 1))
    throw new MotifError(
      "graph",
      `group ${group}: a whole number from 1 is expected`,
    );
  return { x: x.shape, filter: filter.shape };
}

function checkBias(bias: Value | null | undefined, channels: number): void {
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== channels)) {
    throw new MotifError(
      "graph",
      `the bias should have the shape [${channels}], it has [${bias.shape.join(",")}]`,
    );
  }
}

function inferConv(
  inputs: readonly (Value | null)[],
  attributes: Attributes<"Conv">,
): TensorType[] {
  const { x, filter } = checkOperands(inputs, attributes.group);
  const [n, c, h, w] = x as [number, number, number, number];
  const [m, channels, kh, kw] = filter as [number, number, number, number];
  if (channels * attributes.group !== c || m % attributes.group !== 0) {
    throw new MotifError(
      "graph",
      `a filter [${filter.join(",")}] in ${attributes.group} groups does not fit ${c} channels`,
    );
  }
  checkBias(inputs[2], m);
  const [rows, columns] = windowAxes([h, w], [kh, kw], attributes);
  return [
    {
      dtype: "float32",
      shape: [n, m, windowCount(rows), windowCount(columns)],
    },
  ];
}

function inferConvTranspose(
  inputs: readonly (Value | null)[],
  attributes: Attributes<"ConvTranspose">,
): TensorType[] {
  const { x, filter } = checkOperands(inputs, attributes.group);
  const { group, outputPadding, strides, dilations } = attributes;
  const [n, c, h, w] = x as [number, number, number, number];
  const [channels, perGroup, kh, kw] = filter as [
    number,
    number,
    number,
    number,
  ];
  if (channels !== c || c % group !== 0) {
    throw new MotifError(
      "graph",
      `a filter [${filter.join(",")}] in ${group} groups does not fit ${c} channels`,
    );
  }
  checkBias(inputs[2], perGroup * group);
  const sizes = windowAxes([h, w], [kh, kw], attributes).map((axis, index) => {
    const extra = outputPadding[index];
    if (!(extra >= 0 && extra < Math.max(strides[index], dilations[index]))) {
      throw new MotifError(
        "graph",
        `an output padding of ${extra} should be less than the stride or the dilation`,
      );
    }
    const size =
      (axis.size - 1) * axis.stride +
      windowSpan(axis) -
      axis.begin -
      axis.end +
      extra;
    if (!(size >= 1))
      throw new MotifError(
        "graph",
        `pads ${axis.begin} and ${axis.end} leave nothing of its output`,
      );
    // The window that slides over the output: checks the attributes, and that it passes every element of x.
    windowCount({ ...axis, size });
    return size;
  });
  return [{ dtype: "float32", shape: [n, perGroup * group, ...sizes] }];
}

/** Where one row of taps meets a picture: offsets into flat pictures, worked out before the inner loops. */
interface Placement {
  /** Of the picture that windows slide over, and of the picture of window positions. */
  readonly slid: { readonly width: number };
  readonly positions: { readonly width: number };
  readonly rows: readonly ReturnType<typeof insidePositions>[];
  readonly columns: readonly ReturnType<typeof insidePositions>[];
  readonly rowStride: number;
  readonly columnStride: number;
}

function place(
  rows: WindowAxis,
  columns: WindowAxis,
  height: number,
  width: number,
): Placement {
  const taps = (axis: WindowAxis, count: number) =>
    Array.from({ length: axis.kernel }, (_, tap) =>
      insidePositions(axis, tap, count),
    );
  return {
    slid: { width: columns.size },
    positions: { width },
    rows: taps(rows, height),
    columns: taps(columns, width),
    rowStride: rows.stride,
    columnStride: columns.stride,
  };
}

type Numbers = Float32Array | Float64Array | Uint8Array;

/** sums[position] += Σ filter·x over one channel; offsets say where in the flat arrays the channel begins. */
function correlate(
  p: Placement,
  sums: Float64Array,
  x: Numbers,
  xAt: number,
  filter: Numbers,
  filterAt: number,
): void {
  const isWide = p.columns.length > 2 * p.positions.width;
  for (const [tapRow, { first, past, offset }] of p.rows.entries()) {
    const taps = filterAt + tapRow * p.columns.length;
    for (let row = first; row < past; row++) {
      const to = row * p.positions.width;
      const from = xAt + (row * p.rowStride + offset) * p.slid.width;
      if (isWide) correlateWideRow(p, sums, to, x, from, filter, taps);
      else correlateRow(p, sums, to, x, from, filter, taps);
    }
  }
}

function correlateRow(
  p: Placement,
  sums: Float64Array,
  to: number,
  x: Numbers,
  from: number,
  filter: Numbers,
  taps: number,
): void {
  const stride = p.columnStride;
  for (let tap = 0; tap < p.columns.length; tap++) {
    const { first, past, offset } = p.columns[tap];
    const weight = filter[taps + tap];
    for (
      let i = to + first, j = from + first * stride + offset;
      i < to + past;
      i++, j += stride
    )
      sums[i] += weight * x[j];
  }
}

/** The same with the loops exchanged: filters as large as pictures come up in gradients with respect to filters. */
function correlateWideRow(
  p: Placement,
  sums: Float64Array,
  to: number,
  x: Numbers,
  from: number,
  filter: Numbers,
  taps: number,
): void {
  const step =
    p.columns.length > 1 ? p.columns[1].offset - p.columns[0].offset : 1;
  for (let position = 0; position < p.positions.width; position++) {
    const begin = position * p.columnStride + p.columns[0].offset;
    const firstTap = Math.max(0, Math.ceil(-begin / step));
    const pastTap = Math.min(
      p.columns.length,
      Math.floor((p.slid.width - 1 - begin) / step) + 1,
    );
    let sum = 0;
    for (
      let tap = firstTap, j = from + begin + firstTap * step;
      tap < pastTap;
      tap++, j += step
    )
      sum += filter[taps + tap] * x[j];
    sums[to + position] += sum;
  }
}

/** The transpose of `correlate`: sums[slid element] += Σ filter·y over one channel of window positions. */
function spread(
  p: Placement,
  sums: Float64Array,
  y: Numbers,
  yAt: number,
  filter: Numbers,
  filterAt: number,
): void {
  for (const [tapRow, { first, past, offset }] of p.rows.entries()) {
    for (let row = first; row < past; row++) {
      const from = yAt + row * p.positions.width;
      const to = (row * p.rowStride + offset) * p.slid.width;
      for (let tap = 0; tap < p.columns.length; tap++) {
        const column = p.columns[tap];
        const weight = filter[filterAt + tapRow * p.columns.length + tap];
        let j = to + column.first * p.columnStride + column.offset;
        for (
          let i = from + column.first;
          i < from + column.past;
          i++, j += p.columnStride
        )
          sums[j] += weight * y[i];
      }
    }
  }
}

function computeConv(
  [x, filter, bias]: readonly (Tensor | null)[],
  attributes: Attributes<"Conv">,
  [type]: readonly TensorType[],
) {
  const out = zeros(type, x, filter, bias);
  const [n, c, h, w] = x!.shape as [number, number, number, number];
  const [m, perGroup, kh, kw] = filter!.shape as [
    number,
    number,
    number,
    number,
  ];
  const [outHeight, outWidth] = type.shape.slice(2) as [number, number];
  const placement = place(
    ...windowAxes([h, w], [kh, kw], attributes),
    outHeight,
    outWidth,
  );
  const sums = new Float64Array(outHeight * outWidth);
  for (let image = 0; image < n; image++) {
    for (let map = 0; map < m; map++) {
      sums.fill(bias ? bias.data[map] : 0);
      const firstChannel = Math.floor(map / (m / attributes.group)) * perGroup;
      for (let channel = 0; channel < perGroup; channel++) {
        const xAt = (image * c + firstChannel + channel) * h * w;
        correlate(
          placement,
          sums,
          x!.data,
          xAt,
          filter!.data,
          (map * perGroup + channel) * kh * kw,
        );
      }
      out.data.set(sums, (image * m + map) * sums.length);
    }
  }
  return [out];
}

function computeConvTranspose(
  [x, filter, bias]: readonly (Tensor | null)[],
  attributes: Attributes<"ConvTranspose">,
  [type]: readonly TensorType[],
) {
  const out = zeros(type, x, filter, bias);
  const [n, c, h, w] = x!.shape as [number, number, number, number];
  const [, perGroup, kh, kw] = filter!.shape as [
    number,
    number,
    number,
    number,
  ];
  const [, m, outHeight, outWidth] = type.shape as [
    number,
    number,
    number,
    number,
  ];
  const placement = place(
    ...windowAxes([outHeight, outWidth], [kh, kw], attributes),
    h,
    w,
  );
  const channels = c / attributes.group;
  const sums = new Float64Array(outHeight * outWidth);
  for (let image = 0; image < n; image++) {
    for (let map = 0; map < m; map++) {
      sums.fill(bias ? bias.data[map] : 0);
      const firstChannel = Math.floor(map / perGroup) * channels;
      for (
        let channel = firstChannel;
        channel < firstChannel + channels;
        channel++
      ) {
        const filterAt = (channel * perGroup + (map % perGroup)) * kh * kw;
        spread(
          placement,
          sums,
          x!.data,
          (image * c + channel) * h * w,
          filter!.data,
          filterAt,
        );
      }
      out.data.set(sums, (image * m + map) * sums.length);
    }
  }
  return [out];
}

export const convolution = {
  Conv: {
    infer: inferConv,
    kernel: computeConv,
    vjp: (g, { inputs, attributes }, [cotangent], wanted) => {
      const [x, filter] = inputs as readonly [Value, Value];
      return [
        wanted[0]
          ? inputGradient(g, cotangent!, filter, x.shape, attributes)
          : null,
        wanted[1]
          ? filterGradient(g, cotangent!, x, filter.shape, attributes)
          : null,
        wanted[2] ? biasGradient(g, cotangent!) : null,
      ];
    },
  },
  // The transpose of a Conv of the same filter, read as [M of the Conv, C/group of the Conv, kH, kW].
  ConvTranspose: {
    infer: inferConvTranspose,
    kernel: computeConvTranspose,
    vjp: (g, { inputs, attributes }, [cotangent], wanted) => {
      const [x, filter] = inputs as readonly [Value, Value];
      const { strides, pads, dilations, group } = attributes;
      const conv = { strides, pads, dilations, group };
      const [height, width] = x.shape.slice(2) as [number, number];
      return [
        // An output padding of a stride or more leaves the Conv room for windows that belong to no element of x.
        wanted[0]
          ? cropPicture(
              g,
              g.add("Conv", [cotangent!, filter], conv),
              height,
              width,
            )
          : null,
        wanted[1] ? filterGradient(g, x, cotangent!, filter.shape, conv) : null,
        wanted[2] ? biasGradient(g, cotangent!) : null,
      ];
    },
  },
} satisfies OpRules;
