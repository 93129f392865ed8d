/**
 * `motif evaluate --local`: one model, one data set, this process. Opens and checks both, measures, and writes the evaluation
 * as JSON where a file is named.
 */
import { basename, resolve } from "node:path";
import { customaryBound } from "../attacks/customary-bound.ts";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import type { RobustnessSettings } from "../evaluation/attack-plan.ts";
import { checkDeclaredAccuracy } from "../evaluation/clean-accuracy.ts";
import type { CleanEvaluation } from "../evaluation/clean-evaluation.ts";
import {
  chooseBatchSize,
  evaluateModel,
  sampleIndices,
  workOfEvaluation,
  type EvaluationOptions,
  type ModelEvaluation,
} from "../evaluation/evaluate-model.ts";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import { nameClasses } from "../shards/class-names.ts";
import { rebuildBackdoor } from "../training/manifest-poison.ts";
import { withTrigger } from "../training/poison.ts";
import { requireWritable } from "./require-writable.ts";

/** As a person gives it: what is left open follows from the images. */
export type LocalAttack = Omit<
  RobustnessSettings,
  "epsilon" | "stepSize" | "seed"
> & {
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
};

export interface LocalEvaluation {
  readonly modelPath: string;
  readonly manifestPath?: string | undefined;
  readonly datasetPath: string;
  /** The first there is of test, val, train where absent. */
  readonly split?: string | undefined;
  /** Most images; all where absent. */
  readonly images?: number | undefined;
  /** Null: none. */
  readonly attack: LocalAttack | null;
  /** Of the choice of images and of what is random in attacks. */
  readonly seed: number;
  /** By the images' size where absent. */
  readonly batchSize?: number | undefined;
  /** Where the evaluation is written as JSON; nowhere where absent. */
  readonly outPath?: string | undefined;
  readonly backend: Backend;
  readonly cacheDirectory?: string | undefined;
}

export interface LocalEvaluationOutcome extends ModelEvaluation {
  readonly schemaVersion: 1;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly dataset: {
    readonly name: string;
    /** Null: nobody named one. */
    readonly split: string | null;
    readonly digest: string;
    readonly images: number;
  };
  /** Why there is no attack success rate, or null where there is one. */
  readonly noAttackSuccessRate: string | null;
  readonly config: {
    readonly robustness: RobustnessSettings | null;
    readonly seed: number;
    readonly batchSize: number;
  };
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
}

/** What an evaluation tells of itself. */
export interface LocalEvaluationEvents extends Omit<
  EvaluationOptions,
  "signal"
> {
  readonly onWarning?: (text: string) => void;
  readonly onDecoded?: (done: number, total: number | null) => void;
  /** @param work that `onWork` will count */
  readonly onPlanned?: (work: number) => void;
}

/**
 * @throws MotifError whatever is wrong with model, manifest, data set, settings or file, before anything is measured; the
 * signal's reason when it is aborted: nothing is written then
 */
export async function evaluateLocally(
  job: LocalEvaluation,
  options: {
    readonly signal: AbortSignal;
    readonly events?: LocalEvaluationEvents;
  },
): Promise<LocalEvaluationOutcome> {
  const { signal, events = {} } = options;
  const { backend, seed } = job;
  if (job.outPath !== undefined) await requireWritable(job.outPath);
  events.onPhase?.("Reading the model");
  const classifier = await openClassifier(job.modelPath, job.manifestPath);
  for (const warning of classifier.warnings) events.onWarning?.(warning);
  const { imageShape, numClasses, manifest } = classifier;
  const robustness = job.attack && {
    ...completeAttack(job.attack, imageShape),
    seed,
  };

  events.onPhase?.("Reading the data set");
  const dataset = await openDataset(resolve(job.datasetPath), {
    imageShape,
    numClasses,
    signal,
    ...(job.split !== undefined && { split: job.split }),
    ...(events.onDecoded && { onProgress: events.onDecoded }),
    ...(job.cacheDirectory !== undefined && { cacheDir: job.cacheDirectory }),
  });
  try {
    const classNames = nameClasses(classifier, dataset);
    const rebuilt = rebuildBackdoor(manifest, { imageShape, numClasses });
    const backdoor =
      "trigger" in rebuilt
        ? {
            labelOf: rebuilt.labelOf,
            triggered: withTrigger(dataset, rebuilt.trigger),
          }
        : null;
    const total = dataset.labels.length;
    const indices = sampleIndices(total, job.images ?? total, seed);
    const inputs = { classifier, dataset, indices, classNames, backdoor };
    const batchSize = Math.min(
      job.batchSize ?? chooseBatchSize(imageShape),
      indices.length,
    );
    const settings = { batchSize, robustness };
    events.onPlanned?.(workOfEvaluation(inputs, settings));
    const measured = await evaluateModel(inputs, backend, settings, {
      ...events,
      signal,
      onClean(clean) {
        const warning = differsFromDeclared(classifier, clean, total);
        if (warning !== null) events.onWarning?.(warning);
        events.onClean?.(clean);
      },
    });
    const outcome: LocalEvaluationOutcome = {
      schemaVersion: 1,
      model: { name: classifier.name, sha256: classifier.sha256 },
      dataset: {
        name: manifest.dataset ?? basename(resolve(job.datasetPath)),
        split: job.split ?? null,
        digest: dataset.digest,
        images: indices.length,
      },
      ...measured,
      noAttackSuccessRate: "missing" in rebuilt ? rebuilt.missing : null,
      config: { robustness, seed, batchSize },
      backend: {
        name: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      },
    };
    if (job.outPath !== undefined)
      await writeFileAtomically(
        job.outPath,
        `${JSON.stringify(outcome, null, 2)}\n`,
      );
    return outcome;
  } finally {
    await dataset.close();
  }
}

/** Another radius than the customary one keeps the ratio of radius and step. */
function completeAttack(
  attack: LocalAttack,
  [channels]: readonly [number, number, number],
): Omit<RobustnessSettings, "seed"> {
  const usual = customaryBound(attack.norm, channels);
  const epsilon = attack.epsilon ?? usual.epsilon;
  const stepSize =
    attack.stepSize ?? (epsilon * usual.stepSize) / usual.epsilon;
  return { ...attack, epsilon, stepSize };
}

/** A model that is not what it says is measured all the same; a person should know. */
function differsFromDeclared(
  { name, manifest }: Classifier,
  { accuracy: { share, n, wilson95 } }: CleanEvaluation,
  numImages: number,
): string | null {
  if (manifest.declaredAccuracy === undefined) return null;
  const measured = { accuracy: share, n, wilson95 };
  try {
    checkDeclaredAccuracy(
      name,
      manifest.declaredAccuracy,
      measured,
      n < numImages,
    );
    return null;
  } catch (error) {
    if (error instanceof MotifError) return error.message;
    throw error;
  }
}
