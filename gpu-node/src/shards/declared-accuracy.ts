/** The clean accuracy of a model on its data set, held against what its manifest declares. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset } from "../data/index.ts";
import {
  checkDeclaredAccuracy,
  measureCleanAccuracy,
  type CleanAccuracy,
} from "../evaluation/clean-accuracy.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { accuracySample } from "./dataset-parts.ts";

/**
 * @param place how to call the model where it is refused
 * @param options.onWarning told where nothing is declared and the model is hardly better than chance
 * @throws MotifError "model" when the accuracy is more than 1 point off its declaration
 */
export async function measureDeclared(
  place: string,
  classifier: Pick<Classifier, "manifest" | "name" | "numClasses">,
  dataset: Dataset,
  predictor: Predictor,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
    readonly onWarning?: ((message: string) => void) | undefined;
  },
): Promise<CleanAccuracy> {
  const { onWarning, ...passed } = options;
  const sample = accuracySample(dataset);
  const measured = await measureCleanAccuracy(
    predictor,
    dataset,
    sample,
    passed,
  );
  const { declaredAccuracy } = classifier.manifest;
  if (declaredAccuracy !== undefined) {
    const isSample = sample.length < dataset.labels.length;
    checkDeclaredAccuracy(place, declaredAccuracy, measured, isSample);
  } else if (measured.accuracy < 2 / classifier.numClasses) {
    onWarning?.(
      `${classifier.name} is right on ${(100 * measured.accuracy).toFixed(1)}% of ${measured.n} images, hardly more than chance: ` +
        "check inputRange, mean, std and channelOrder in its manifest.",
    );
  }
  return measured;
}
