/** An evaluation's models: read by REST, again when one is measured, and as far as the job's shards are. */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Evaluation, Job, Shard } from "../../api/types.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { jobKey } from "./use-job-data.ts";

/** All that one job can have; REST gives as many at once. */
const mostModels = 1_000;
/** How often at most; milliseconds. */
const everyMs = 1_000;
const manyEveryMs = 5_000;
const many = 100;

/** @param shards what is known of how far each is */
export function useEvaluations(job: Job, shards: readonly Shard[]) {
  const { id, status } = job;
  const client = useQueryClient();
  const queryKey = [...jobKey(id), "evaluations"];
  const evaluations = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/jobs/{id}/evaluations", {
          params: { path: { id }, query: { limit: mostModels } },
          signal,
        }),
      ),
  });
  const look = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey }),
    job.shards.total > many ? manyEveryMs : everyMs,
  );
  useBatchedStream(
    id,
    (events) => {
      if (events.some(({ type }) => type === "model-evaluated")) look();
    },
    look,
  );
  useEffect(() => {
    if (status !== "RUNNING") look();
  }, [status, look]);

  const known = evaluations.data;
  const withProgress = useMemo(() => {
    const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
    return known?.map((evaluation): Evaluation => {
      const shard = byIndex.get(evaluation.shardIndex);
      return shard
        ? { ...evaluation, status: shard.status, done: shard.done }
        : evaluation;
    });
  }, [known, shards]);
  return { ...evaluations, data: withProgress };
}
