/** An evaluation's models. */
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Shard } from "../../api/types.ts";
import { mostModels, useModelRows } from "./use-model-rows.ts";

const source = {
  name: "evaluations",
  eventType: "model-evaluated",
  read: (id: string, signal: AbortSignal) =>
    bodyOf(
      api.GET("/api/jobs/{id}/evaluations", {
        params: { path: { id }, query: { limit: mostModels } },
        signal,
      }),
    ),
};

/** @param shards what is known of how far each is */
export const useEvaluations = (job: Job, shards: readonly Shard[]) =>
  useModelRows(source, job, shards);
