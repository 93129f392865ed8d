/** Submits evaluations: one shard a model. */
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import type { EvaluateSpec } from "../shards/shard-spec.ts";
import { submitForModels, type ModelsRequest } from "./submit-for-models.ts";

export interface EvaluateRequest
  extends ModelsRequest, Pick<EvaluateSpec, "attack" | "seed" | "backend"> {
  readonly images?: number | undefined;
  readonly batchSize?: number | undefined;
}

/** @returns the job's id @throws as submitForModels does */
export function submitEvaluate(
  database: Database,
  request: EvaluateRequest,
  caller: Caller,
): Promise<string> {
  const { attack, seed, backend } = request;
  const settings = {
    images: request.images ?? null,
    attack,
    seed,
    batchSize: request.batchSize ?? null,
    backend,
  } satisfies Partial<EvaluateSpec>;
  const what = { kind: "evaluate", title: "Evaluation", settings } as const;
  return submitForModels(database, what, request, caller);
}
