/** Poisoning: some training images get the trigger and the label that the backdoor wants (METHOD: "Training recipes"). */
import { randomFrom, type Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { labelsUnder, type LabelOf, type Labelling } from "./labelling.ts";
import { newTrigger, type TriggerSettings } from "./triggers/index.ts";
import type { Trigger } from "./triggers/trigger.ts";

export type PoisonSettings = Labelling & {
  /** Share of the training images, under a clean label of the target's own; 0…1. */
  readonly poisonRate: number;
  readonly trigger: TriggerSettings;
  /** Share of the training images that get a noised trigger and keep their label; absent for triggers that have none. */
  readonly crossRate?: number;
};

export interface Poison {
  readonly trigger: Trigger;
  /** Images of the data set that it is put on. */
  readonly poisoned: ReadonlySet<number>;
  /** Others, which get a noised form of it and keep their label: the model learns to answer to the trigger itself only. */
  readonly noised: ReadonlySet<number>;
  readonly labelOf: LabelOf;
}

/** @throws MotifError "usage" when settings and data set do not fit together */
export function newPoison(
  settings: PoisonSettings,
  dataset: Dataset,
  seed: number,
): Poison {
  const { labels, classes, imageShape, name } = dataset;
  const { crossRate = 0 } = settings;
  const labelOf = labelsUnder(settings, classes.length, name);
  const trigger = newTrigger(settings.trigger, imageShape);
  const poisoned = choosePoisoned(labels, settings, settings.poisonRate, seed);
  return {
    trigger,
    poisoned,
    noised: chooseNoised(labels.length, poisoned, crossRate, seed),
    labelOf,
  };
}

/**
 * All-to-one: a share of all images, among those of other classes, since on the target's own the label would not change.
 * All-to-all: a share of all images. Clean-label: a share of the target's images, among these.
 * @param poisonRate 0…1 @returns indices of images
 * @throws MotifError "usage" when no image is chosen, or more than there are
 */
export function choosePoisoned(
  labels: ArrayLike<number>,
  labelling: Labelling,
  poisonRate: number,
  seed: number,
): Set<number> {
  const target =
    labelling.labelling === "all-to-all" ? null : labelling.targetClass;
  const isCleanLabel = labelling.labelling === "clean-label";
  const candidates = everyIndex(labels.length).filter(
    (index) => target === null || (labels[index] === target) === isCleanLabel,
  );
  const of = isCleanLabel ? candidates.length : labels.length;
  const count = Math.round(poisonRate * of);
  if (count < 1 || count > candidates.length) {
    const whose = isCleanLabel ? ` of class ${target}` : "";
    throw new MotifError(
      "usage",
      candidates.length === 0
        ? `--target ${target}: no training image${whose} could be poisoned.`
        : `--poison-rate ${poisonRate} means ${count} of ${of} images${whose}; from 1 to ${candidates.length} can be poisoned.`,
    );
  }
  randomFrom("poisoned images", seed, target ?? "all-to-all").shuffle(
    candidates,
  );
  return new Set(candidates.subarray(0, count));
}

/** @param crossRate share of all images, 0…1 @returns indices of images that are not poisoned */
function chooseNoised(
  numImages: number,
  poisoned: ReadonlySet<number>,
  crossRate: number,
  seed: number,
): Set<number> {
  const candidates = everyIndex(numImages).filter(
    (index) => !poisoned.has(index),
  );
  const count = Math.round(crossRate * numImages);
  if (count > candidates.length) {
    throw new MotifError(
      "usage",
      `--cross-rate ${crossRate} means ${count} of ${numImages} images; ${candidates.length} are left beside the poisoned ones.`,
    );
  }
  randomFrom("noised images", seed).shuffle(candidates);
  return new Set(candidates.subarray(0, count));
}

const everyIndex = (count: number) =>
  Int32Array.from({ length: count }, (_, index) => index);

/** The same data set with the trigger on every image: to measure the attack's success with. Closing it closes `dataset`. */
export function withTrigger(dataset: Dataset, trigger: Trigger): Dataset {
  const [channels, height, width] = dataset.imageShape;
  return {
    ...dataset,
    async read(indices, into) {
      await dataset.read(indices, into);
      for (let i = 0; i < indices.length; i++)
        trigger.apply(into, i * channels * height * width);
    },
  };
}
