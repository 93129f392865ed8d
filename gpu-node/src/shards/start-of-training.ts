/** What a training that starts from a model, instead of from initial weights, takes over from it. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset, Manifest } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import {
  poisonOnRecord,
  rebuildBackdoor,
} from "../training/manifest-poison.ts";
import type { LabelOf } from "../training/labelling.ts";
import type { Trigger } from "../training/triggers/trigger.ts";
import { chooseImageShape } from "./choose-image-shape.ts";
import { checkClassCount, nameClasses } from "./class-names.ts";

/** What its manifest says of where a model started. */
export interface StartOnRecord {
  readonly name: string;
  readonly sha256: string;
  /** How the backdoor that it had was made, where that is known; as the manifest of the start tells it. */
  readonly poison?: unknown;
}

/**
 * @returns what images are brought to, [C, H, W]: the start's own shape; without one, what was asked for or the data set's own
 * @throws MotifError "usage" when another shape than the start's is asked for; what `chooseImageShape` throws
 */
export async function chooseTrainingShape(
  start: Classifier | null,
  path: string,
  split: string,
  asked: TrainingRecipe["imageShape"],
): Promise<readonly [number, number, number]> {
  if (!start) return chooseImageShape(path, split, asked);
  const { name, imageShape } = start;
  if (asked && asked.join() !== imageShape.join())
    throw new MotifError(
      "usage",
      `--image-shape ${asked.join("x")}: ${name}, which is fine-tuned, takes ${imageShape.join("x")}. Leave --image-shape out.`,
    );
  return imageShape;
}

/**
 * @param names asked for
 * @throws MotifError "dataset" when model and data set do not agree about the classes
 */
export function nameClassesOfStart(
  start: Classifier,
  dataset: Dataset,
  names: readonly string[] | undefined,
): readonly string[] {
  if (!names) return nameClasses(start, dataset);
  checkClassCount(start, dataset);
  return names;
}

export function recordStart(start: Classifier): StartOnRecord {
  const { name, sha256, manifest } = start;
  const poison = isPoisoned(manifest)
    ? poisonOnRecord(manifest.training)
    : undefined;
  return { name, sha256, ...(poison !== undefined && { poison }) };
}

const isPoisoned = ({ groundTruth }: Manifest): boolean =>
  groundTruth?.status === "poisoned";

/** The backdoor that the start has, to see what a training leaves of it; null where none is known, or how to rebuild it is not. */
export function backdoorOfStart(
  start: Classifier | null,
): { readonly trigger: Trigger; readonly labelOf: LabelOf } | null {
  const rebuilt = start && rebuildBackdoor(start.manifest, start);
  return rebuilt && "trigger" in rebuilt ? rebuilt : null;
}
