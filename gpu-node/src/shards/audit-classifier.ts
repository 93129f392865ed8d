/** One audit from an open model and an open data set: what `motif audit --local` and audit shards have in common. */
import { anomalyIndices } from "../audit/anomaly-index.ts";
import type { Evidence, FoundEvidence } from "../audit/evidence.ts";
import { fittedRegression } from "../audit/fitted-regression.ts";
import { decodeFloats } from "../audit/float-text.ts";
import { gatherEvidence, openTrials } from "../audit/gather-evidence.ts";
import {
  invertTriggers,
  neuralCleanseSettings,
} from "../audit/neural-cleanse.ts";
import { newPerturbation } from "../audit/perturbations/index.ts";
import { gradientsOfAudit } from "../audit/schedule.ts";
import {
  comparedAnswers,
  computeStatistics,
  nameStatistics,
} from "../audit/statistics.ts";
import { sizeOf } from "../audit/ask-questions.ts";
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
import { drawFinding } from "../report/audit-pictures.ts";
import type {
  AuditEvidence,
  AuditMethod,
  ModelAudit,
} from "../report/audit.ts";
import type { GroundTruth } from "../report/result.ts";
import type { ImageSource } from "../search/image-source.ts";
import { nameClasses } from "./class-names.ts";
import { choosePack } from "./compile-search.ts";
import { measureModel } from "./model-accuracy.ts";

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
}

export interface AuditInputs {
  readonly classifier: Classifier;
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
  const { signal, now } = options;
  const { imageShape, numClasses, manifest } = classifier;
  const began = now();
  const classNames = nameClasses(classifier, dataset);
  const exhaustive = { ...request, isExhaustive: true };
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
    options.onPhase?.("Measuring the clean accuracy");
    const accuracy = await measureModel(
      classifier,
      classifier.name,
      dataset,
      predictor,
      { signal },
    );
    if (accuracy.warning !== null) options.onWarning?.(accuracy.warning);
    options.onPhase?.("Asking");
    const said = {
      schemaVersion: 1,
      model: {
        name: classifier.name,
        sha256: classifier.sha256,
        inputShape: imageShape,
        numClasses,
        cleanAccuracy: accuracy.accuracy,
        cleanAccuracyImages: accuracy.n,
        groundTruth: manifest.groundTruth ?? null,
      },
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
    const evidence = await gather(
      { ...inputs, predictor },
      request,
      backend,
      packImages,
      options,
    );
    if (evidence instanceof MotifError)
      return {
        ...said,
        verdict: diverged(evidence, request, numClasses),
        ...{ statistics: [], evidence: [], triggerOverlap: null },
        timing: { auditMs: now() - began },
      };
    const verdict =
      request.method === "motif"
        ? judge(evidence, fittedRegression, classNames)
        : judgeByAnomaly(evidence, classNames);
    return {
      ...said,
      verdict,
      statistics: nameStatistics(computeStatistics(evidence)),
      evidence: await describeEvidence(evidence, inputs),
      triggerOverlap: overlapWithTrigger(
        evidence,
        manifest.groundTruth ?? null,
        imageShape[2],
      ),
      timing: { auditMs: now() - began },
    };
  } finally {
    await predictor.dispose();
  }
}

/** What was found, or why nothing can be said of a model whose numbers are not finite. */
async function gather(
  model: Parameters<typeof gatherEvidence>[0],
  request: AuditRequest,
  backend: Backend,
  packImages: number,
  options: AuditClassifierOptions,
): Promise<Evidence<FoundEvidence> | MotifError> {
  const { signal, onGradients, from, onPart } = options;
  const { classifier, dataset, parts, images, predictor } = model;
  const { numClasses, imageShape } = classifier;
  try {
    if (request.method === "motif")
      return await gatherEvidence(model, backend, request, {
        ...{ signal, packImages, from },
        ...(onGradients && { onGradients }),
        ...(onPart && { onPart }),
      });
    return await invertTriggers(
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
  } catch (error) {
    if (error instanceof MotifError && error.code === "diverged") return error;
    throw error;
  }
}

function diverged(
  { message }: MotifError,
  { method }: AuditRequest,
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
            source: fittedRegression.source,
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

async function describeEvidence(
  evidence: Evidence<FoundEvidence>,
  { classifier, dataset, parts }: AuditInputs,
): Promise<AuditEvidence[]> {
  const { imageShape, numClasses } = classifier;
  const described: AuditEvidence[] = [];
  for (const about of evidence.perturbations) {
    const perturbation = newPerturbation(about.perturbation, imageShape);
    const indices = anomalyIndices(
      comparedAnswers(about).map(({ score }) => score),
    );
    const asked = new Set(about.screened.map(({ targetClass }) => targetClass));
    const drawn = new Set<number>();
    const finalists: AuditEvidence["finalists"][number][] = [];
    for (const [at, finding] of about.finalists.entries()) {
      const found = about.found[at].map((text, i) =>
        decodeFloats(text, sizeOf(perturbation.variables[i].shape)),
      );
      const hasAll = found.every((values) => values !== undefined);
      // One picture a class: its seeds look alike or show nothing.
      const isFirst = !drawn.has(finding.targetClass);
      drawn.add(finding.targetClass);
      finalists.push({
        ...finding,
        pictures:
          isFirst && hasAll
            ? await drawFinding(
                perturbation,
                found,
                finding.strengthAtThreshold ?? perturbation.strengths.at(-1)!,
                await exampleFor(finding.targetClass, dataset, parts),
                imageShape,
              )
            : null,
      });
    }
    described.push({
      perturbation: about.perturbation,
      unit: about.unit,
      anyOther: about.anyOther,
      screened: about.screened.map((answer, i) => ({
        ...answer,
        anomalyIndex: indices?.[i] ?? null,
      })),
      skipped: Array.from({ length: numClasses }, (_, each) => each).filter(
        (each) => !asked.has(each),
      ),
      finalists,
    });
  }
  return described;
}

/** The first image of the evaluation part that is of another class. */
async function exampleFor(
  targetClass: number,
  dataset: Dataset,
  parts: Parts,
): Promise<Uint8Array> {
  const chosen = parts.evaluate.find(
    (index) => dataset.labels[index] !== targetClass,
  );
  const image = new Uint8Array(sizeOf(dataset.imageShape));
  if (chosen !== undefined) await dataset.read([chosen], image);
  return image;
}

/** Of as many of the strongest pixels as the stated trigger has. */
function overlapWithTrigger(
  { perturbations }: Evidence,
  truth: GroundTruth | null,
  width: number,
): number | null {
  const box = truth?.trigger?.box;
  const patch = perturbations
    .find(({ perturbation }) => perturbation === "patch")
    ?.finalists.find(({ targetClass }) => targetClass === truth?.targetClass);
  if (!box || !patch) return null;
  const size = box.height * box.width;
  const inside = patch.topPixels.slice(0, size).filter((pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    return (
      row >= box.top &&
      row < box.top + box.height &&
      column >= box.left &&
      column < box.left + box.width
    );
  }).length;
  return inside / (2 * size - inside);
}
