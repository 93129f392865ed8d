/** The names of the classes, where model and data set agree about them. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";

/** @throws MotifError "dataset" when model and data set do not have as many classes */
export function checkClassCount(
  { numClasses, name }: Pick<Classifier, "numClasses" | "name">,
  dataset: Pick<Dataset, "classes" | "name">,
): void {
  if (dataset.classes.length === numClasses) return;
  throw new MotifError(
    "dataset",
    `${dataset.name} has ${dataset.classes.length} classes, the model ${name} has ${numClasses}. Use the data set the model was trained for.`,
  );
}

/** @throws MotifError "dataset" when model and data set do not agree about the classes */
export function nameClasses(
  classifier: Pick<Classifier, "manifest" | "numClasses" | "name">,
  dataset: Pick<Dataset, "classes" | "name">,
): readonly string[] {
  const { manifest, name } = classifier;
  checkClassCount(classifier, dataset);
  const hasNames = dataset.classes.some(
    (className, index) => className !== String(index),
  );
  if (!hasNames) return manifest.classes ?? dataset.classes;
  if (manifest.classes) {
    const differing = manifest.classes.findIndex(
      (className, index) => className !== dataset.classes[index],
    );
    if (differing >= 0) {
      throw new MotifError(
        "dataset",
        `class ${differing} is "${manifest.classes[differing]}" in the manifest of ${name} and "${dataset.classes[differing]}" in ${dataset.name}. ` +
          "Correct the manifest's classes, or the folders' names.",
      );
    }
  }
  return dataset.classes;
}
