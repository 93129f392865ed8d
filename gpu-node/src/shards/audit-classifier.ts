/** One audit from an open model and an open data set: what `motif audit --local` and audit shards have in common. */
import type { References } from "../audit/references.ts";
import type { Evidence, FoundEvidence } from "../audit/evidence.ts";
import { regressionFor } from "../audit/fitted-regression.ts";
import {
  gatherEvidence,
  openTrials,
  type AuditedModel,
} from "../audit/gather-evidence.ts";
import {
  invertTriggers,
  neuralCleanseSettings,
} from "../audit/neural-cleanse.ts";
import { gradientsOfAudit } from "../audit/schedule.ts";
import { computeStatistics, nameStatistics } from "../audit/statistics.ts";
import {
  judge,
  judgeByAnomaly,
  suspectedFrom,
  type Verdict,
} from "../audit/verdict.ts";
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset, Parts } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import type { AuditMethod, ModelAudit } from "../report/audit.ts";
import type { ImageSource } from "../search/image-source.ts";
import { nameClasses } from "./class-names.ts";
import { choosePack } from "./compile-search.ts";
import { describeEvidence, overlapWithTrigger } from "./describe-evidence.ts";
import { measureModel, type ModelAccuracy } from "./model-accuracy.ts";

export interface AuditRequest {
  readonly method: AuditMethod;
  readonly seed: number;
  /** Searches at length of a class, each from a seed of its own. */
  readonly seeds: number;
  /** Every class is searched at length; nothing is skipped. */
  readonly isExhaustive: boolean;
  /** Power that k* and the like ask for, 0…1. */
  readonly threshold: number;
  /** Most images that findings are tried on. */
  readonly evaluateImages: number;
  /** Where clean models of the same kind are known. */
  readonly references?: References | undefined;
}

export interface AuditInputs {
  readonly classifier: Classifier;
  /** What people call it. */
  readonly modelName: string;
  readonly dataset: Dataset;
  /** What people call it. */
  readonly datasetName: string;
  readonly parts: Parts;
  /** Of the search part. */
  readonly images: ImageSource;
}

export interface AuditClassifierOptions {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly onPhase?: (name: string) => void;
  readonly onWarning?: (text: string) => void;
  /** @param gradients that `onGradients` will count */
  readonly onPlanned?: (gradients: number) => void;
  readonly onGradients?: (count: number) => void;
  /** Parts of an earlier run of the same audit. */
  readonly from?: readonly FoundEvidence[] | undefined;
  readonly onPart?: (done: readonly FoundEvidence[]) => Promise<void>;
}

/** Images that share a forward pass, where they are small: as many as a pack of searches has. */
const batchOfPack = 4;

/**
 * A model whose numbers are not finite is inconclusive, not an error: others of a collection go on.
 * @throws MotifError "dataset" where model and data set do not agree about the classes, "model" when it is not what its manifest declares,
 * "backend"; the signal's reason when aborted
 */
export async function auditClassifier(
  inputs: AuditInputs,
  request: AuditRequest,
  backend: Backend,
  options: AuditClassifierOptions,
): Promise<ModelAudit> {
  const { classifier, dataset } = inputs;
  const { now } = options;
  const { imageShape, numClasses, manifest } = classifier;
  const began = now();
  const classNames = nameClasses(classifier, dataset);
  const exhaustive = { ...request, isExhaustive: true };
  const model = {
    name: inputs.modelName,
    sha256: classifier.sha256,
    architecture: classifier.architecture,
    inputShape: imageShape,
    numClasses,
    groundTruth: manifest.groundTruth ?? null,
  };
  const planned =
    request.method === "motif"
      ? gradientsOfAudit(numClasses, request)
      : numClasses *
        neuralCleanseSettings.steps *
        neuralCleanseSettings.batchSize;
  options.onPlanned?.(planned);
  const packImages =
    batchOfPack *
    choosePack(imageShape, batchOfPack) *
    (request.method === "motif" ? 1 : 2);
  const predictor = await compilePredictor(classifier, backend, packImages);
  try {
    const said = {
      schemaVersion: 1,
      dataset: {
        name: inputs.datasetName,
        digest: dataset.digest,
        classes: classNames,
      },
      config: {
        method: request.method,
        seed: request.seed,
        seeds: request.seeds,
        isExhaustive: request.isExhaustive,
        threshold: request.threshold,
        evaluateImages: request.evaluateImages,
      },
      backend: {
        name: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      },
      cost: {
        imageGradients: planned,
        exhaustiveImageGradients:
          request.method === "motif"
            ? gradientsOfAudit(numClasses, exhaustive)
            : planned,
      },
    } as const;
    const measured = await measureAndGather(
      { ...inputs, predictor },
      request,
      backend,
      packImages,
      options,
    );
    if (measured instanceof MotifError)
      return {
        ...said,
        model: { ...model, cleanAccuracy: null, cleanAccuracyImages: 0 },
        verdict: diverged(measured, request, numClasses),
        ...{ statistics: [], evidence: [], triggerOverlap: null },
        timing: { auditMs: now() - began },
      };
    const { accuracy, evidence } = measured;
    const { references } = request;
    return {
      ...said,
      model: {
        ...model,
        cleanAccuracy: accuracy.accuracy,
        cleanAccuracyImages: accuracy.n,
      },
      verdict:
        request.method === "motif"
          ? judge(evidence, regressionFor(references), classNames, references)
          : judgeByAnomaly(evidence, classNames),
      statistics: nameStatistics(computeStatistics(evidence, references)),
      evidence: await describeEvidence(evidence, inputs, references),
      triggerOverlap: overlapWithTrigger(
        evidence,
        model.groundTruth,
        imageShape[2],
      ),
      timing: { auditMs: now() - began },
    };
  } finally {
    await predictor.dispose();
  }
}

interface Measured {
  readonly accuracy: ModelAccuracy;
  readonly evidence: Evidence<FoundEvidence>;
}

/** What was found, or why nothing can be said of a model whose numbers are not finite. */
async function measureAndGather(
  model: AuditedModel,
  request: AuditRequest,
  backend: Backend,
  packImages: number,
  options: AuditClassifierOptions,
): Promise<Measured | MotifError> {
  const { classifier, dataset, predictor } = model;
  const { signal, onPhase, onWarning } = options;
  try {
    onPhase?.("Measuring the clean accuracy");
    const accuracy = await measureModel(
      classifier,
      classifier.name,
      dataset,
      predictor,
      { signal },
    );
    if (accuracy.warning !== null) onWarning?.(accuracy.warning);
    onPhase?.("Asking");
    const evidence = await gather(model, request, backend, packImages, options);
    return { accuracy, evidence };
  } catch (error) {
    if (error instanceof MotifError && error.code === "diverged") return error;
    throw error;
  }
}

async function gather(
  model: AuditedModel,
  request: AuditRequest,
  backend: Backend,
  packImages: number,
  { signal, onGradients, from, onPart }: AuditClassifierOptions,
): Promise<Evidence<FoundEvidence>> {
  const { classifier, dataset, parts, images, predictor } = model;
  const { numClasses, imageShape } = classifier;
  if (request.method === "motif")
    return gatherEvidence(model, backend, request, {
      ...{ signal, packImages, from },
      ...(onGradients && { onGradients }),
      ...(onPart && { onPart }),
    });
  return invertTriggers(
    {
      ...{ classifier, predictor, backend, packImages },
      asked: {
        ...{ numClasses, imageShape, dataset, images },
        searchImages: parts.search,
      },
      trials: await openTrials(model, request.evaluateImages, signal),
    },
    neuralCleanseSettings,
    request.seed,
    request.threshold,
    { signal, ...(onGradients && { onGradients }) },
  );
}

function diverged(
  { message }: MotifError,
  { method, references }: AuditRequest,
  numClasses: number,
): Verdict {
  return {
    verdict: "inconclusive",
    reason: `Its numbers are not finite: ${message}`,
    rule:
      method === "motif"
        ? {
            name: "regression",
            threshold: suspectedFrom,
            source: regressionFor(references).source,
          }
        : {
            name: "anomaly index",
            threshold: null,
            classes: numClasses,
          },
    probability: null,
    ...{ targetClass: null, perturbation: null, moves: null },
    ...{ anomalyIndex: null, pValue: null },
  };
}
