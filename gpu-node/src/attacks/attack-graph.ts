/** What attacks by gradient compute with: loss, logits and gradient of a batch of images, in one run. */
import { checkLogits } from "../classifier/compile-logits.ts";
import type { Classifier } from "../classifier/classifier.ts";
import {
  newGraphBuilder,
  optimize,
  valueAndGrad,
  type Backend,
  type Graph,
} from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { AttackedModel, ScoresAndGradient } from "./attacked-model.ts";
import { addCrossEntropy, addDlr, addTargetedDlr } from "./losses.ts";

export type AttackLoss = "cross-entropy" | "dlr" | "targeted-dlr";

/**
 * Inputs: `images` [B, C, H, W] in [0,1], `labels` [B, K] one-hot and, for a targeted loss, `targets` [B, K] one-hot.
 * Outputs: loss [B], logits [B, K], ∂(Σ loss)/∂images [B, C, H, W].
 */
export function buildAttackGraph(
  classifier: Pick<Classifier, "imageShape" | "numClasses" | "addLogits">,
  batchSize: number,
  lossName: AttackLoss,
): Graph {
  const { imageShape, numClasses } = classifier;
  const g = newGraphBuilder();
  const images = g.input("images", [batchSize, ...imageShape]);
  const labels = g.input("labels", [batchSize, numClasses]);
  const logits = classifier.addLogits(g, images);
  const loss =
    lossName === "cross-entropy"
      ? addCrossEntropy(g, logits, labels)
      : lossName === "dlr"
        ? addDlr(g, logits, labels)
        : addTargetedDlr(
            g,
            logits,
            labels,
            g.input("targets", [batchSize, numClasses]),
          );
  return optimize(valueAndGrad(g.finish([loss, logits]), loss, [images]));
}

/** @throws MotifError "backend" when the backend refuses the graph */
export async function compileAttackGraph(
  classifier: Pick<
    Classifier,
    "name" | "imageShape" | "numClasses" | "addLogits"
  >,
  backend: Backend,
  batchSize: number,
  loss: AttackLoss,
): Promise<AttackedModel<ScoresAndGradient> & { dispose(): Promise<void> }> {
  const { imageShape, numClasses, name } = classifier;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const executable = await backend.compile(
    buildAttackGraph(classifier, batchSize, loss),
  );
  const images = new Float32Array(batchSize * imageSize);
  const labels = new Float32Array(batchSize * numClasses);
  const targets = new Float32Array(batchSize * numClasses);
  return {
    batchSize,
    async ask(questions) {
      labels.fill(0);
      targets.fill(0);
      for (const [at, { point, label, target }] of questions.entries()) {
        images.set(point, at * imageSize);
        labels[at * numClasses + label] = 1;
        if (target !== undefined) targets[at * numClasses + target] = 1;
      }
      const outputs = await executable.run({
        images,
        labels,
        ...(loss === "targeted-dlr" && { targets }),
      });
      const [losses, logits, gradients] = outputs.map(({ data }) =>
        Float32Array.from(data),
      );
      checkLogits(
        logits.subarray(0, questions.length * numClasses),
        numClasses,
        name,
      );
      return questions.map((_, at) => {
        const gradient = gradients.subarray(
          at * imageSize,
          (at + 1) * imageSize,
        );
        if (!Number.isFinite(losses[at]) || !gradient.every(Number.isFinite)) {
          throw new MotifError(
            "diverged",
            `${name}: the gradient of its ${loss} is not a number. An attack cannot follow it; --attack none measures the rest.`,
          );
        }
        return {
          loss: losses[at],
          logits: logits.subarray(at * numClasses, (at + 1) * numClasses),
          gradient,
        };
      });
    },
    dispose: () => executable.dispose(),
  };
}
