/** An evaluation as a shard: goes on from what an earlier attempt handed over, and hands over how far it has come. */
import type { Backend } from "../engine/index.ts";
import type { EvaluationState } from "../evaluation/evaluate-model.ts";
import { evaluateClassifier } from "./evaluate-classifier.ts";
import { encodeEvaluation, readEvaluation } from "./evaluation-checkpoint.ts";
import { newHandover } from "./handover.ts";
import type { OpenData, OpenInputs, OpenModel } from "./open-inputs.ts";
import type { ShardContext } from "./shard-context.ts";
import type { EvaluateOutcome } from "./shard-outcome.ts";
import type { EvaluateWork } from "./shard-work.ts";
import { withModelAndData } from "./with-model-and-data.ts";
import { keyOfWork } from "./work-key.ts";

/** @throws MotifError whatever is wrong with the work or this node; the signal's reason when aborted */
export function runEvaluateShard(
  work: EvaluateWork,
  context: ShardContext,
  backend: Backend,
  inputs: OpenInputs,
): Promise<EvaluateOutcome> {
  return withModelAndData(work, context, inputs, (model, data) =>
    evaluate(work, context, backend, model, data),
  );
}

async function evaluate(
  work: EvaluateWork,
  context: ShardContext,
  backend: Backend,
  model: OpenModel,
  data: OpenData,
): Promise<EvaluateOutcome> {
  const { classifier } = model;
  const began = context.now();
  const key = keyOfWork(work, model, data, backend);
  const handover = newHandover(context, (state: EvaluationState) =>
    encodeEvaluation(key, state),
  );
  const warnings = [...classifier.warnings];
  let [done, total] = [0, 1];
  try {
    const evaluation = await evaluateClassifier(
      classifier,
      data.dataset,
      work.request,
      backend,
      {
        signal: context.signal,
        from: await readEvaluation(context.checkpointPath, key),
        onState: (state) => handover.keep(state),
        onWarning: (text) => warnings.push(text),
        onPlanned: (planned) => (total = planned),
        onWork(units) {
          done += units;
          context.onProgress(Math.min(1, done / total));
        },
      },
    );
    return {
      kind: "evaluate",
      evaluation,
      datasetDigest: data.dataset.digest,
      warnings,
      backend: {
        name: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      },
      evaluateMs: context.now() - began,
    };
  } catch (error) {
    await handover.yield();
    throw error;
  }
}
