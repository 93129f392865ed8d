/** What attacks without gradients see of a model: the logits of a batch of images. */
import type { CompiledLogits } from "../classifier/compile-logits.ts";
import type { AttackedModel, Scores } from "./attacked-model.ts";

/** @param compiled stays the caller's to dispose */
export function askForScores(compiled: CompiledLogits): AttackedModel<Scores> {
  const { batchSize, imageShape, numClasses } = compiled;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const images = new Float32Array(batchSize * imageSize);
  return {
    batchSize,
    async ask(questions) {
      for (const [at, { point }] of questions.entries())
        images.set(point, at * imageSize);
      const logits = await compiled.run(images, questions.length);
      return questions.map((_, at) => ({
        logits: logits.subarray(at * numClasses, (at + 1) * numClasses),
      }));
    },
  };
}
