/** A small net and its input gradient: what a search step is made of, at a size that a trial can afford. */
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import type { Graph } from "../graph/graph.ts";
import { floats, type Shape, type Tensor } from "../graph/tensor.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { optimize } from "../passes/optimize.ts";

export interface ProbeSize {
  readonly images: number;
  readonly channels: number;
  /** Of the pictures' sides. */
  readonly pixels: number;
}

/** Enough to be checked against the reference at once. */
export const checkedSize: ProbeSize = { images: 1, channels: 4, pixels: 8 };
/** The widths and the batch of a small CIFAR net, about 0.15 G multiply-adds. */
export const timedSize: ProbeSize = { images: 4, channels: 32, pixels: 32 };

/** Input `images` [N, 3, P, P]; outputs loss [1] and ∂loss/∂images. Weights are the same every time. */
export function buildProbeGraph({
  images,
  channels,
  pixels,
}: ProbeSize): Graph {
  const g = newGraphBuilder();
  const x = g.input("images", [images, 3, pixels, pixels]);
  const weights = (seed: number, ...shape: number[]) =>
    g.constant(spread(shape, seed, 2 / Math.sqrt(shape[1] * 9)));
  const convolve = (value: typeof x, from: number, stride: 1 | 2) =>
    g.add(
      "Relu",
      [
        g.add("Conv", [value, weights(from + stride, channels, from, 3, 3)], {
          strides: [stride, stride],
          pads: [1, 1, 1, 1],
          dilations: [1, 1],
          group: 1,
        }),
      ],
      {},
    );
  const first = convolve(x, 3, 1);
  const second = convolve(first, channels, 1);
  const third = convolve(g.add("Add", [first, second], {}), channels, 2);
  const pooled = g.add("ReduceMean", [third], {
    axes: [2, 3],
    keepDims: false,
  });
  const logits = g.add("Gemm", [pooled, weights(9, channels, 10)], {
    transA: false,
    transB: false,
  });
  const scores = g.add("LogSoftmax", [logits], { axis: 1 });
  const loss = g.add("ReduceSum", [scores], { axes: [0, 1], keepDims: false });
  return optimize(valueAndGrad(g.finish([loss]), loss, [x]));
}

/** Pictures for `images`. */
export function probeImages({ images, pixels }: ProbeSize): Float32Array {
  return spread([images, 3, pixels, pixels], 1, 0.5).data as Float32Array;
}

/** Numbers in (−scale, scale), spread evenly by the golden ratio (Weyl's sequence). */
function spread(shape: Shape, seed: number, scale: number): Tensor {
  const golden = (Math.sqrt(5) - 1) / 2;
  const count = shape.reduce((product, size) => product * size, 1);
  const numbers = Float32Array.from({ length: count }, (_, index) => {
    const place = (index + seed * 31) * golden;
    return scale * (2 * (place - Math.floor(place)) - 1);
  });
  return floats(numbers, shape);
}
