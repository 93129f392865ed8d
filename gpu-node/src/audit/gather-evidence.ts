/**
 * The questions of one model's audit, in order, a part for each kind of perturbation. What comes of it is evidence; verdict.ts says what
 * it means.
 */
import type { Classifier } from "../classifier/classifier.ts";
import { thin, type Dataset, type Parts } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { predictImages } from "../evaluation/clean-accuracy.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { listCanvasImages } from "../search/canvases.ts";
import type { ImageSource } from "../search/image-source.ts";
import { askAbout } from "./ask-about.ts";
import type { Evidence, FoundEvidence } from "./evidence.ts";
import type { TrialImages } from "./measure-answer.ts";
import { newPerturbation } from "./perturbations/index.ts";
import { isCanvas, perturbationKinds } from "./perturbations/perturbation.ts";
import type { References } from "./references.ts";
import { gradientsOf, scheduleOf } from "./schedule.ts";

export interface AuditSettings {
  /** Of starts, orders of images, and samples of classes. */
  readonly seed: number;
  /** Searches at length of a class, each from a seed of its own. */
  readonly seeds: number;
  /** Every class is searched at length; nothing is skipped. */
  readonly isExhaustive: boolean;
  /** Power that k* and the like ask for, 0…1. */
  readonly threshold: number;
  /** Images that finalists are tried on; a screening takes fewer. */
  readonly evaluateImages: number;
  /** Where clean models of the same kind are known. */
  readonly references?: References | undefined;
}

/** A model and a data set that are open and agree. */
export interface AuditedModel {
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  readonly parts: Parts;
  /** Of the search part. */
  readonly images: ImageSource;
  readonly predictor: Predictor;
}

export interface GatherOptions {
  readonly signal?: AbortSignal | undefined;
  /** Images that share a forward pass, over all questions. */
  readonly packImages: number;
  readonly onGradients?: (count: number) => void;
  /** Parts of an earlier run of the same audit: they are not asked again. */
  readonly from?: readonly FoundEvidence[] | undefined;
  /** Told what is done after each part. */
  readonly onPart?: (done: readonly FoundEvidence[]) => Promise<void>;
}

/** Images that a screened class is tried on, at most. */
const screenImages = 120;

/**
 * @throws MotifError "diverged" naming the question when a loss or logit is not finite, "dataset" when images do not fill a batch,
 * "backend"; the signal's reason when aborted
 */
export async function gatherEvidence(
  model: AuditedModel,
  backend: Backend,
  settings: AuditSettings,
  options: GatherOptions,
): Promise<Evidence<FoundEvidence>> {
  const { signal, packImages, onGradients, from = [] } = options;
  const { classifier, dataset, parts, images, predictor } = model;
  const { imageShape, numClasses } = classifier;
  const trials = {
    screen: await openTrials(model, screenImages, signal),
    full: await openTrials(model, settings.evaluateImages, signal),
  };
  const subject = {
    ...{ classifier, predictor, backend, trials, packImages },
    naturalCanvas: newNaturalCanvas(dataset, parts),
    asked: {
      ...{ numClasses, imageShape, dataset, images },
      searchImages: parts.search,
    },
  };
  const done: FoundEvidence[] = [];
  for (const kind of perturbationKinds) {
    const schedule = scheduleOf(kind, numClasses, settings);
    const known = from.find(({ perturbation }) => perturbation === kind);
    if (known) onGradients?.(gradientsOf(schedule));
    done.push(
      known ??
        (await askAbout(
          newPerturbation(kind, imageShape),
          schedule,
          subject,
          { ...settings, ...(isCanvas(kind) && { patch: done[0] }) },
          { signal, ...(onGradients && { onGradients }) },
        )),
    );
    if (!known) await options.onPart?.(done);
  }
  return { numClasses, perturbations: done };
}

/** Images of the canvas part: of the class where there are some, another one a seed. */
function newNaturalCanvas(dataset: Dataset, parts: Parts) {
  const [channels, height, width] = dataset.imageShape;
  return async (targetClass: number | null, seed: number) => {
    const ofClass =
      targetClass === null
        ? parts.canvas
        : listCanvasImages(dataset, parts, targetClass);
    const images = [ofClass, parts.canvas, parts.search].find(
      ({ length }) => length > 0,
    )!;
    const pixels = new Uint8Array(channels * height * width);
    await dataset.read([images[seed % images.length]], pixels);
    return Float32Array.from(pixels, (value) => value / 255);
  };
}

/** At most `most` images of the evaluation part, evenly spread, and what the model says of them. */
export async function openTrials(
  {
    dataset,
    parts,
    predictor,
  }: Pick<AuditedModel, "dataset" | "parts" | "predictor">,
  most: number,
  signal: AbortSignal | undefined,
): Promise<TrialImages> {
  const indices = thin(parts.evaluate, most);
  const [channels, height, width] = predictor.imageShape;
  const pixels = new Uint8Array(indices.length * channels * height * width);
  await dataset.read(indices, pixels);
  const predictions = await predictImages(
    predictor,
    dataset,
    indices,
    signal && { signal },
  );
  return { dataset, indices, pixels, predictions };
}
