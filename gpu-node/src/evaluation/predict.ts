/** Classes predicted for images, a batch at a time. */
import type { Classifier } from "../classifier/classifier.ts";
import {
  classOf,
  compileLogits,
  type CompiledLogits,
} from "../classifier/compile-logits.ts";
import type { Backend } from "../engine/index.ts";

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
  return newPredictor(await compileLogits(classifier, backend, batchSize));
}

/** @param compiled is disposed with it */
export function newPredictor(compiled: CompiledLogits): Predictor {
  const { batchSize, imageShape, numClasses } = compiled;
  const feed = new Float32Array(
    batchSize * imageShape[0] * imageShape[1] * imageShape[2],
  );
  return {
    batchSize,
    imageShape,
    numClasses,
    async predict(pixels, count) {
      for (let i = 0; i < feed.length; i++) feed[i] = pixels[i] / 255;
      const logits = await compiled.run(feed, count);
      return Int32Array.from({ length: count }, (_, row) =>
        classOf(logits.subarray(row * numClasses, (row + 1) * numClasses)),
      );
    },
    dispose: () => compiled.dispose(),
  };
}
