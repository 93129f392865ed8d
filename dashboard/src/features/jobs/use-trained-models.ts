/**
 * A training's models: read by REST, again when one is trained or registered, and as far as the job's shards are. Of those on nodes
 * epochs are read as they end, and where they stand every few seconds, without the others: those may be many.
 */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Shard, TrainedModel } from "../../api/types.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import {
  isOneShard,
  isTrained,
  updateRunningModels,
  updateRunningShards,
} from "./training-progress.ts";
import { jobKey, shardsKey } from "./use-job-data.ts";

/** Most that REST gives at once. */
const pageSize = 1_000;
/** How often at most; milliseconds. With many models each has its epochs to carry. */
const everyMs = 1_000;
const manyEveryMs = 5_000;
const many = 100;
const epochsEveryMs = 500;
/** Where a training stands comes without events. */
const standingEveryMs = 5_000;

export const modelsQuery = (id: string) => ({
  queryKey: [...jobKey(id), "models"],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    readModels(id, undefined, signal),
});

/** @param shards what is known of how far each is */
export function useTrainedModels(job: Job, shards: readonly Shard[]) {
  const { id, status } = job;
  const client = useQueryClient();
  const { queryKey } = modelsQuery(id);
  const models = useQuery(modelsQuery(id));
  const look = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey }),
    job.shards.total > many ? manyEveryMs : everyMs,
  );
  const lookAtRunning = useThrottledCallback(
    () =>
      void readModels(id, "RUNNING", AbortSignal.timeout(10_000)).then(
        (running) => {
          client.setQueryData<readonly TrainedModel[]>(
            queryKey,
            (known) => known && updateRunningModels(known, running),
          );
          client.setQueryData<readonly Shard[]>(
            shardsKey(id),
            (known) => known && updateRunningShards(known, running),
          );
        },
        // The next look may find it; whether the server is there is the banner's to say.
        () => {},
      ),
    epochsEveryMs,
  );
  useBatchedStream(
    id,
    (events) => {
      if (
        events.some(
          ({ type }) => type.startsWith("model-") || type === "round-ended",
        )
      )
        look();
      if (events.some(({ type }) => type === "epochs")) lookAtRunning();
    },
    look,
  );
  useEffect(() => {
    if (status !== "RUNNING") return;
    const timer = setInterval(lookAtRunning, standingEveryMs);
    return () => clearInterval(timer);
  }, [status, lookAtRunning]);
  useEffect(() => {
    if (status !== "RUNNING") look();
  }, [status, look]);

  const known = models.data;
  const withProgress = useMemo(() => {
    const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
    return known?.map((model): TrainedModel => {
      const shard = byIndex.get(model.shardIndex);
      // A list of shards may be older than what is known of the model.
      return shard && isOneShard(model) && !isTrained(model)
        ? { ...model, status: shard.status, done: shard.done }
        : model;
    });
  }, [known, shards]);
  return { ...models, data: withProgress };
}

async function readModels(
  id: string,
  status: Shard["status"] | undefined,
  signal: AbortSignal,
): Promise<readonly TrainedModel[]> {
  const models: TrainedModel[] = [];
  for (;;) {
    const after = models.at(-1)?.shardIndex;
    const page: readonly TrainedModel[] = await bodyOf(
      api.GET("/api/jobs/{id}/models", {
        params: {
          path: { id },
          query: {
            limit: pageSize,
            ...(status !== undefined && { status }),
            ...(after !== undefined && { after }),
          },
        },
        signal,
      }),
    );
    models.push(...page);
    if (page.length < pageSize) return models;
  }
}
