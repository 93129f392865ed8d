/** From trained weights to a measured model and its manifest. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClassifier } from "../classifier/classifier.ts";
import type { Dataset } from "../data/index.ts";
import { exportModel, type Backend } from "../engine/index.ts";
import { measureAttackSuccess } from "../evaluation/attack-success.ts";
import { measureCleanAccuracy } from "../evaluation/clean-accuracy.ts";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { buildInferenceGraph } from "../training/inference-graph.ts";
import { withTrigger, type Poison } from "../training/poison.ts";
import type { NamedTensors } from "../training/training-state.ts";
import type { ModelTraining, PreparedTraining } from "./prepare-training.ts";
import { backdoorOfStart } from "./start-of-training.ts";
import { inheritGroundTruth, stateGroundTruth } from "./state-ground-truth.ts";

export interface TrainedModel {
  /** ONNX. */
  readonly model: Uint8Array;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Of the model. */
  readonly sha256: string;
  readonly cleanAccuracy: MeasuredShare;
  /** Null for a model without a backdoor, its own or its start's. */
  readonly attackSuccessRate: MeasuredShare | null;
}

/** Images a run when the trained model is measured. */
const testBatch = 100;

/** @param tensors of the state after the last step @throws MotifError "backend" */
export async function finishModel(
  job: ModelTraining,
  prepared: PreparedTraining,
  tensors: NamedTensors,
  backend: Backend,
): Promise<TrainedModel> {
  const { recipe, start, training, test } = job;
  const { architecture, shape, mapping, poison, facts, classNames } = prepared;
  const model = exportModel(
    buildInferenceGraph(architecture, shape, tensors),
    architecture.name,
  );
  const manifest = {
    name: job.name,
    dataset: job.datasetName,
    ...mapping,
    classes: classNames,
  };
  const backdoor = poison ?? backdoorOfStart(start);
  const measured = await measure(model, manifest, test, backdoor, backend);
  const { cleanAccuracy, attackSuccessRate } = measured;
  return {
    model,
    manifest: {
      ...manifest,
      declaredAccuracy: cleanAccuracy.share,
      groundTruth:
        start && !poison
          ? inheritGroundTruth(start.manifest, attackSuccessRate)
          : stateGroundTruth(recipe.poison, poison?.trigger, attackSuccessRate),
      training: {
        command: job.command,
        ...facts,
        trainingImages: training.labels.length,
        poisonedImages: poison?.poisoned.size ?? 0,
        ...(poison &&
          poison.noised.size > 0 && { noisedImages: poison.noised.size }),
        measuredOn: {
          split: job.testSplit,
          dataset: test.digest,
          cleanAccuracy,
          attackSuccessRate,
        },
      },
    },
    ...measured,
  };
}

/** Measures the file itself, read back as any other model is. */
async function measure(
  model: Uint8Array,
  manifest: object,
  test: Dataset,
  backdoor: Pick<Poison, "trigger" | "labelOf"> | null,
  backend: Backend,
): Promise<
  Pick<TrainedModel, "sha256" | "cleanAccuracy" | "attackSuccessRate">
> {
  const scratch = await mkdtemp(join(tmpdir(), "motif-train-"));
  try {
    const path = join(scratch, "model.onnx");
    await writeFile(path, model);
    await writeFile(join(scratch, "model.json"), JSON.stringify(manifest));
    const classifier = await openClassifier(path);
    const predictor = await compilePredictor(classifier, backend, testBatch);
    try {
      const all = Int32Array.from(test.labels, (_, index) => index);
      const { accuracy, ...rest } = await measureCleanAccuracy(
        predictor,
        test,
        all,
      );
      const cleanAccuracy = { share: accuracy, ...rest };
      if (!backdoor)
        return {
          sha256: classifier.sha256,
          cleanAccuracy,
          attackSuccessRate: null,
        };
      return {
        sha256: classifier.sha256,
        cleanAccuracy,
        attackSuccessRate: await measureAttackSuccess(
          predictor,
          withTrigger(test, backdoor.trigger),
          all,
          backdoor.labelOf,
        ),
      };
    } finally {
      await predictor.dispose();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
