/** A training's models: read by REST, again when one is trained or registered, and as far as the job's shards are. */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Shard, TrainedModel } from "../../api/types.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { jobKey } from "./use-job-data.ts";

/** Most that REST gives at once. */
const pageSize = 1_000;
/** How often at most; milliseconds. With many models each has its epochs to carry. */
const everyMs = 1_000;
const manyEveryMs = 5_000;
const many = 100;

/** @param shards what is known of how far each is */
export function useTrainedModels(job: Job, shards: readonly Shard[]) {
  const { id, status } = job;
  const client = useQueryClient();
  const queryKey = [...jobKey(id), "models"];
  const models = useQuery({
    queryKey,
    queryFn: ({ signal }) => readModels(id, signal),
  });
  const look = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey }),
    job.shards.total > many ? manyEveryMs : everyMs,
  );
  useBatchedStream(
    id,
    (events) => {
      if (events.some(({ type }) => type.startsWith("model-"))) look();
    },
    look,
  );
  useEffect(() => {
    if (status !== "RUNNING") look();
  }, [status, look]);

  const known = models.data;
  const withProgress = useMemo(() => {
    const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
    return known?.map((model): TrainedModel => {
      const shard = byIndex.get(model.shardIndex);
      return shard
        ? { ...model, status: shard.status, done: shard.done }
        : model;
    });
  }, [known, shards]);
  return { ...models, data: withProgress };
}

async function readModels(
  id: string,
  signal: AbortSignal,
): Promise<readonly TrainedModel[]> {
  const models: TrainedModel[] = [];
  for (;;) {
    const after = models.at(-1)?.shardIndex;
    const page: readonly TrainedModel[] = await bodyOf(
      api.GET("/api/jobs/{id}/models", {
        params: {
          path: { id },
          query: { limit: pageSize, ...(after !== undefined && { after }) },
        },
        signal,
      }),
    );
    models.push(...page);
    if (page.length < pageSize) return models;
  }
}
