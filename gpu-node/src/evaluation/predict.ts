/** Classes predicted for images, a batch at a time. */
import type { Classifier } from "../classifier/classifier.ts";
import { newGraphBuilder, type Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";

export interface Predictor {
  readonly batchSize: number;
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
  readonly numClasses: number;
  /**
   * @param pixels uint8 [batchSize, C, H, W], 0…255 @param count how many of them matter
   * @returns the predicted class of each of the first `count`; of equal logits the first
   * @throws MotifError "diverged" when a logit is not a number
   */
  predict(pixels: Uint8Array, count: number): Promise<Int32Array>;
  dispose(): Promise<void>;
}

/** Compiles a classifier's forward pass for batches of `batchSize` images. */
export async function compilePredictor(
  classifier: Classifier,
  backend: Backend,
  batchSize: number,
): Promise<Predictor> {
  const { imageShape, numClasses } = classifier;
  const g = newGraphBuilder();
  const images = g.input("images", [batchSize, ...imageShape]);
  const executable = await backend.compile(
    g.finish([classifier.addLogits(g, images)]),
  );
  const feed = new Float32Array(
    batchSize * imageShape[0] * imageShape[1] * imageShape[2],
  );
  return {
    batchSize,
    imageShape,
    numClasses,
    async predict(pixels, count) {
      for (let i = 0; i < feed.length; i++) feed[i] = pixels[i] / 255;
      const [logits] = await executable.run({ images: feed });
      return argMaxRows(logits.data, numClasses, count, classifier.name);
    },
    dispose: () => executable.dispose(),
  };
}

function argMaxRows(
  logits: ArrayLike<number>,
  width: number,
  count: number,
  name: string,
): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => {
    let best = 0;
    for (let column = 0; column < width; column++) {
      const value = logits[row * width + column];
      if (Number.isNaN(value)) {
        throw new MotifError(
          "diverged",
          `${name}: its output for class ${column} is not a number. Check inputRange, mean and std.`,
        );
      }
      if (value > logits[row * width + best]) best = column;
    }
    return best;
  });
}
