/** A classifier's forward pass, compiled: from [0,1] images to logits. */
import { newGraphBuilder, type Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { Classifier } from "./classifier.ts";

export interface CompiledLogits {
  readonly batchSize: number;
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
  readonly numClasses: number;
  /**
   * @param images float32 [batchSize, C, H, W] in [0,1] @param count how many of them matter
   * @returns float32 [count, K]
   * @throws MotifError "diverged" when a logit is not a number
   */
  run(images: Float32Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Compiles it for batches of `batchSize` images. */
export async function compileLogits(
  classifier: Pick<
    Classifier,
    "name" | "imageShape" | "numClasses" | "addLogits"
  >,
  backend: Backend,
  batchSize: number,
): Promise<CompiledLogits> {
  const { imageShape, numClasses, name } = classifier;
  const g = newGraphBuilder();
  const images = g.input("images", [batchSize, ...imageShape]);
  const executable = await backend.compile(
    g.finish([classifier.addLogits(g, images)]),
  );
  return {
    batchSize,
    imageShape,
    numClasses,
    async run(images, count) {
      const [{ data }] = await executable.run({ images });
      const logits = Float32Array.from(data.subarray(0, count * numClasses));
      checkLogits(logits, numClasses, name);
      return logits;
    },
    dispose: () => executable.dispose(),
  };
}

/** @throws MotifError "diverged" when one of the logits [N, K] is not a number */
export function checkLogits(
  logits: Float32Array,
  numClasses: number,
  modelName: string,
): void {
  const at = logits.findIndex(Number.isNaN);
  if (at < 0) return;
  throw new MotifError(
    "diverged",
    `${modelName}: its output for class ${at % numClasses} is not a number. Check inputRange, mean and std.`,
  );
}

/** The predicted class of one image's logits [K]; of equal ones the first. */
export function classOf(logits: ArrayLike<number>): number {
  let best = 0;
  for (let each = 1; each < logits.length; each++)
    if (logits[each] > logits[best]) best = each;
  return best;
}
