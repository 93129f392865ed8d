/** What attacks without gradients compute with: the logits of a batch of images. */
import type { Classifier } from "../classifier/classifier.ts";
import { compileLogits } from "../classifier/compile-logits.ts";
import type { Backend } from "../engine/index.ts";
import type { AttackedModel, Scores } from "./attacked-model.ts";

/** @throws MotifError "backend" when the backend refuses the graph */
export async function compileAttackScores(
  classifier: Pick<
    Classifier,
    "name" | "imageShape" | "numClasses" | "addLogits"
  >,
  backend: Backend,
  batchSize: number,
): Promise<AttackedModel<Scores>> {
  const { imageShape, numClasses } = classifier;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const compiled = await compileLogits(classifier, backend, batchSize);
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
    dispose: () => compiled.dispose(),
  };
}
