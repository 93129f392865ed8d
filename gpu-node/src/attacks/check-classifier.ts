/** For tests: a small classifier with random weights, curved enough that an attack has something to climb. */
import type { Classifier } from "../classifier/classifier.ts";
import { nextNormal, randomFrom } from "../data/index.ts";
import { floats, type GraphBuilder, type Value } from "../engine/index.ts";

export const imageShape = [1, 6, 6] as const;
export const imageSize = 36;

/** Convolution, tanh, dense: smooth, so that central differences hold everywhere. */
export function randomClassifier(
  numClasses: number,
  seed = 0,
): Pick<Classifier, "name" | "imageShape" | "numClasses" | "addLogits"> {
  const random = randomFrom("classifier of the attacks' tests", seed);
  const normals = (count: number, deviation: number) =>
    Float32Array.from({ length: count }, () => deviation * nextNormal(random));
  const filters = floats(normals(8 * 9, 0.6), [8, 1, 3, 3]);
  const dense = floats(normals(8 * 36 * numClasses, 0.4), [8 * 36, numClasses]);
  return {
    name: "random",
    imageShape,
    numClasses,
    addLogits(g: GraphBuilder, images: Value) {
      const features = g.add("Conv", [images, g.constant(filters, "filters")], {
        strides: [1, 1],
        pads: [1, 1, 1, 1],
        dilations: [1, 1],
        group: 1,
      });
      const flat = g.add("Reshape", [g.add("Tanh", [features], {})], {
        shape: [images.shape[0], 8 * 36],
      });
      return g.add("MatMul", [flat, g.constant(dense, "dense")], {});
    },
  };
}

export function randomImages(count: number, seed = 0): Float32Array[] {
  const random = randomFrom("images of the attacks' tests", seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: imageSize }, () => random.next()),
  );
}
