/** Pools: the greatest element or the mean of each window. Their gradients are built in pooling-gradients.ts. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { zeros, type Tensor, type TensorType } from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import { averageGradient, maximumGradient } from "./pooling-gradients.ts";
import type { OpRules } from "./rule.ts";
import { mapPictures, type AxisMap } from "./separable.ts";
import {
  insidePositions,
  windowAxes,
  windowCount,
  type WindowAxis,
} from "./windows.ts";

type Picture = readonly [number, number, number, number];

function axesOf(
  shape: readonly number[],
  attributes: Attributes<"MaxPool">,
): [WindowAxis, WindowAxis] {
  const [, , height, width] = shape as Picture;
  return windowAxes([height, width], attributes.kernelShape, attributes);
}

function inferPool(
  inputs: readonly (Value | null)[],
  attributes: Attributes<"MaxPool">,
): { shape: number[] } {
  const { shape } = oneOperand(inputs, "float32");
  if (shape.length !== 4) {
    throw new MotifError(
      "graph",
      "takes pictures [N, C, H, W]; write other ranks out with Reshape",
    );
  }
  const sizes = axesOf(shape, attributes).map((axis) => {
    const count = windowCount(axis, attributes.ceilMode);
    if (count < 1)
      throw new MotifError(
        "graph",
        `there is no window in ${axis.size} with pads ${axis.begin} and ${axis.end}`,
      );
    const taps = Array.from({ length: axis.kernel }, (_, tap) =>
      insidePositions(axis, tap, count),
    );
    for (let position = 0; position < count; position++) {
      if (taps.some(({ first, past }) => position >= first && position < past))
        continue;
      const pads = `pads ${axis.begin} and ${axis.end}`;
      throw new MotifError(
        "graph",
        `a window of ${axis.kernel} reads nothing but padding: ${pads} are too wide for it`,
      );
    }
    return count;
  });
  return { shape: [shape[0], shape[1], ...sizes] };
}

/** Elements of the axis that the window reads at `position`, in order. */
function insideTaps(axis: WindowAxis, position: number): number[] {
  const begin = position * axis.stride - axis.begin;
  return Array.from(
    { length: axis.kernel },
    (_, tap) => begin + tap * axis.dilation,
  ).filter((index) => index >= 0 && index < axis.size);
}

/** Maxima and where they stand; of equal ones the first in reading order (PyTorch's and ONNX Runtime's choice). */
function computeMaxPool(
  x: Tensor,
  attributes: Attributes<"MaxPool">,
  types: readonly TensorType[],
): [Tensor, Tensor] {
  const maxima = zeros(types[0], x);
  const indices = zeros(types[1]);
  const [n, c, height, width] = x.shape as Picture;
  const [rows, columns] = axesOf(x.shape, attributes);
  const [outHeight, outWidth] = types[0].shape.slice(2);
  const rowTaps = Array.from({ length: outHeight }, (_, position) =>
    insideTaps(rows, position),
  );
  const columnTaps = Array.from({ length: outWidth }, (_, position) =>
    insideTaps(columns, position),
  );
  let to = 0;
  for (let begin = 0; begin < n * c * height * width; begin += height * width) {
    for (const readRows of rowTaps) {
      for (const readColumns of columnTaps) {
        let best = begin + readRows[0] * width + readColumns[0];
        for (const row of readRows) {
          for (const column of readColumns) {
            const at = begin + row * width + column;
            if (x.data[at] > x.data[best]) best = at;
          }
        }
        maxima.data[to] = x.data[best];
        indices.data[to++] = best;
      }
    }
  }
  return [maxima, indices];
}

/**
 * The mean along one axis: since windows are rectangles, the mean of one is the mean of the means of its rows.
 * Padding counts if `countIncludePad`; what hangs over the padding at the end (ceilMode) never does, as in PyTorch.
 */
function meanOfWindows(
  axis: WindowAxis,
  count: number,
  countIncludePad: boolean,
): AxisMap {
  const terms = Array.from({ length: count }, (_, position) => {
    const inside = insideTaps(axis, position);
    const begin = position * axis.stride;
    const padded = Array.from(
      { length: axis.kernel },
      (_, tap) => begin + tap * axis.dilation,
    ).filter((index) => index < axis.begin + axis.size + axis.end);
    const weight = 1 / (countIncludePad ? padded : inside).length;
    return inside.map((index) => ({ index, weight }));
  });
  return { from: axis.size, to: count, terms };
}

/** What an average pool does to rows and to columns. */
export function meanMaps(
  shape: readonly number[],
  outShape: readonly number[],
  attributes: Attributes<"AveragePool">,
): [AxisMap, AxisMap] {
  const [rows, columns] = axesOf(shape, attributes);
  return [
    meanOfWindows(rows, outShape[2], attributes.countIncludePad),
    meanOfWindows(columns, outShape[3], attributes.countIncludePad),
  ];
}

export const pooling = {
  MaxPool: {
    infer: (inputs, attributes) => {
      const { shape } = inferPool(inputs, attributes);
      return [
        { dtype: "float32", shape },
        { dtype: "int64", shape },
      ];
    },
    kernel: ([x], attributes, types) => computeMaxPool(x!, attributes, types),
    vjp: (
      g,
      { inputs: [x], outputs: [, indices], attributes },
      [cotangent],
    ) => [
      maximumGradient(
        g,
        cotangent!,
        indices,
        x!.shape,
        axesOf(x!.shape, attributes),
      ),
    ],
  },

  AveragePool: {
    infer: (inputs, attributes) => [
      { dtype: "float32", shape: inferPool(inputs, attributes).shape },
    ],
    kernel: ([x], attributes, [type]) => {
      const out = zeros(type, x);
      mapPictures(x!, out, ...meanMaps(x!.shape, type.shape, attributes));
      return [out];
    },
    vjp: (g, { inputs: [x], attributes }, [cotangent]) => [
      averageGradient(
        g,
        cotangent!,
        axesOf(x!.shape, attributes),
        meanMaps(x!.shape, cotangent!.shape, attributes),
      ),
    ],
  },
} satisfies OpRules;
