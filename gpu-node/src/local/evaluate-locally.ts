/**
 * `motif evaluate --local`: one model, one data set, this process. Opens and checks both, measures, and writes the evaluation
 * as JSON where a file is named.
 */
import { basename, resolve } from "node:path";
import { openClassifier } from "../classifier/classifier.ts";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import {
  evaluateClassifier,
  type ClassifierEvaluation,
  type ClassifierEvaluationOptions,
  type EvaluationRequest,
} from "../shards/evaluate-classifier.ts";
import { requireWritable } from "./require-writable.ts";

export interface LocalEvaluation extends EvaluationRequest {
  readonly modelPath: string;
  readonly manifestPath?: string | undefined;
  readonly datasetPath: string;
  /** The first there is of test, val, train where absent. */
  readonly split?: string | undefined;
  /** Where the evaluation is written as JSON; nowhere where absent. */
  readonly outPath?: string | undefined;
  readonly backend: Backend;
  readonly cacheDirectory?: string | undefined;
}

export interface LocalEvaluationOutcome extends Omit<
  ClassifierEvaluation,
  "images"
> {
  readonly schemaVersion: 1;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly dataset: {
    readonly name: string;
    /** Null: nobody named one. */
    readonly split: string | null;
    readonly digest: string;
    readonly images: number;
  };
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
}

/** What an evaluation tells of itself. */
export interface LocalEvaluationEvents extends Omit<
  ClassifierEvaluationOptions,
  "signal" | "from" | "onState"
> {
  readonly onDecoded?: (done: number, total: number | null) => void;
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
  const { backend } = job;
  if (job.outPath !== undefined) await requireWritable(job.outPath);
  events.onPhase?.("Reading the model");
  const classifier = await openClassifier(job.modelPath, job.manifestPath);
  for (const warning of classifier.warnings) events.onWarning?.(warning);
  const { imageShape, numClasses, manifest } = classifier;

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
    const { images, ...measured } = await evaluateClassifier(
      classifier,
      dataset,
      job,
      backend,
      { ...events, signal },
    );
    const outcome: LocalEvaluationOutcome = {
      schemaVersion: 1,
      model: { name: classifier.name, sha256: classifier.sha256 },
      dataset: {
        name: manifest.dataset ?? basename(resolve(job.datasetPath)),
        split: job.split ?? null,
        digest: dataset.digest,
        images,
      },
      ...measured,
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
