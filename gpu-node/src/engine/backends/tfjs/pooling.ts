/** Pools and resizing. Average pools and Resize are products by the matrices that the operators' rules define. */
import { floats, integers, type Shape } from "../../graph/tensor.ts";
import { meanMaps } from "../../ops/pooling.ts";
import { resizeMaps } from "../../ops/resize.ts";
import type { AxisMap } from "../../ops/separable.ts";
import { pad, transpose } from "./layout.ts";
import type { TfTensor } from "./platform.ts";
import { multiplyRows } from "./products.ts";
import type { Forward, Forwards, Site } from "./site.ts";

/** Maps columns and rows of pictures [N, C, H, W] one after the other, each by one product with its matrix [from, to]. */
function mapPictures(
  site: Pick<Site, "kernel" | "upload">,
  shape: Shape,
  rows: AxisMap,
  columns: AxisMap,
): (x: TfTensor) => TfTensor {
  const multiply = multiplyRows(site);
  const [byColumns, byRows] = [columns, rows].map(({ from, to, terms }) => {
    const matrix = new Float32Array(from * to);
    terms.forEach((list, column) => {
      for (const { index, weight } of list)
        matrix[index * to + column] += weight;
    });
    return site.upload(floats(matrix, [from, to]));
  });
  const [n, c, height] = shape;
  const swapped = transpose(site, [n, c, height, columns.to], [0, 1, 3, 2]);
  const back = transpose(site, [n, c, columns.to, rows.to], [0, 1, 3, 2]);
  return (x) => back(multiply(swapped(multiply(x, byColumns)), byRows));
}

/**
 * Pictures come channels last. Where only maxima are wanted and windows are whole, tfjs's kernel; else every tap of the
 * window is a strided picture, and the greatest of them is the maximum: the first of equals, as the rule says.
 */
const maxPool: Forward<"MaxPool"> = (site) => {
  const { kernelShape, strides, pads, dilations } = site.attributes;
  const [n, height, width, c] = site.inputs[0]!.shape;
  const [, rows, columns] = site.outputs[0].shape;
  const isDilated = dilations.some((size) => size > 1);
  const reach = (axis: 0 | 1, count: number) =>
    (count - 1) * strides[axis] + (kernelShape[axis] - 1) * dilations[axis] + 1;
  const ends = [
    Math.max(reach(0, rows) - pads[0] - height, 0),
    Math.max(reach(1, columns) - pads[1] - width, 0),
  ];
  if (!site.isUsed(1) && !isDilated) {
    const kernel = site.kernel("MaxPool");
    const attributes = {
      filterSize: kernelShape,
      strides,
      pad: [
        [0, 0],
        [pads[0], ends[0]],
        [pads[1], ends[1]],
        [0, 0],
      ],
    };
    return ([x]) => kernel({ x }, attributes);
  }
  const [pack, max, argMax, gather, add, reshape, strided] = [
    "Pack",
    "Max",
    "ArgMax",
    "GatherV2",
    "Add",
    "Reshape",
    "StridedSlice",
  ].map((name) => site.kernel(name));
  const border = pad(
    site,
    [n, height, width, c],
    [0, pads[0], pads[1], 0],
    [0, ...ends, 0],
    -Infinity,
  );
  const taps = Array.from(
    { length: kernelShape[0] * kernelShape[1] },
    (_, tap) => [
      Math.floor(tap / kernelShape[1]) * dilations[0],
      (tap % kernelShape[1]) * dilations[1],
    ],
  );
  // Flat indices into [N, C, H, W]: where the window begins, and from there to the tap.
  const begins = new Float64Array(n * rows * columns * c);
  let to = 0;
  for (let image = 0; image < n; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let channel = 0; channel < c; channel++)
          begins[to++] =
            ((image * c + channel) * height + row * strides[0] - pads[0]) *
              width +
            column * strides[1] -
            pads[1];
  const shape = [n, rows, columns, c];
  const windows = site.upload({ dtype: "int64", shape: [to], data: begins });
  const steps = site.upload(
    integers(taps.map(([row, column]) => row * width + column)),
  );
  return ([x]) => {
    const padded = border(x);
    const pictures = taps.map(([row, column]) =>
      strided(
        { x: padded },
        {
          begin: [0, row, column, 0],
          end: [
            n,
            row + (rows - 1) * strides[0] + 1,
            column + (columns - 1) * strides[1] + 1,
            c,
          ],
          strides: [1, strides[0], strides[1], 1],
          beginMask: 0,
          endMask: 0,
          ellipsisMask: 0,
          newAxisMask: 0,
          shrinkAxisMask: 0,
        },
      ),
    );
    const stacked = pack(pictures, { axis: 4 });
    const maxima = max(
      { x: stacked },
      { reductionIndices: [4], keepDims: false },
    );
    const winners = reshape(
      { x: argMax({ x: stacked }, { axis: 4 }) },
      { shape: [to] },
    );
    const offsets = gather(
      { x: steps, indices: winners },
      { axis: 0, batchDims: 0 },
    );
    return [maxima, reshape({ x: add({ a: windows, b: offsets }) }, { shape })];
  };
};

export const pooling = {
  MaxPool: maxPool,
  AveragePool: (site) => {
    const { shape } = site.inputs[0]!;
    const maps = meanMaps(shape, site.outputs[0].shape, site.attributes);
    const move = mapPictures(site, shape, ...maps);
    return ([x]) => move(x);
  },
  Resize: (site) => {
    const { shape } = site.inputs[0]!;
    const move = mapPictures(
      site,
      shape,
      ...resizeMaps(shape, site.attributes),
    );
    return ([x]) => move(x);
  },
} satisfies Forwards;
