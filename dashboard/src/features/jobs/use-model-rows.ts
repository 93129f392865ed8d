/** A job's models, a row each with what came of it: read by REST, again when there is more, and as far as the job's shards are. */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { jobKey } from "./use-job-data.ts";

/** All that one job can have; REST gives as many at once. */
export const mostModels = 1_000;
/** How often at most; milliseconds. */
const everyMs = 1_000;
const manyEveryMs = 5_000;
const many = 100;

interface ModelRow extends Pick<Shard, "status" | "done"> {
  readonly shardIndex: number;
}

interface RowsSource<Row extends ModelRow> {
  /** Of what the rows are. @example "evaluations" */
  readonly name: string;
  /** Type of the event that tells of one more. */
  readonly eventType: string;
  /** At most `mostModels`. */
  readonly read: (
    jobId: string,
    signal: AbortSignal,
  ) => Promise<readonly Row[]>;
}

/** @param source the same at every call @param shards what is known of how far each is */
export function useModelRows<Row extends ModelRow>(
  { name, eventType, read }: RowsSource<Row>,
  job: Job,
  shards: readonly Shard[],
) {
  const { id, status } = job;
  const client = useQueryClient();
  const queryKey = [...jobKey(id), name];
  const rows = useQuery({
    queryKey,
    queryFn: ({ signal }) => read(id, signal),
  });
  const look = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey }),
    job.shards.total > many ? manyEveryMs : everyMs,
  );
  useBatchedStream(
    id,
    (events) => {
      if (events.some(({ type }) => type === eventType)) look();
    },
    look,
  );
  useEffect(() => {
    if (status !== "RUNNING") look();
  }, [status, look]);

  const known = rows.data;
  const withProgress = useMemo(() => {
    const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
    return known?.map((row): Row => {
      const shard = byIndex.get(row.shardIndex);
      return shard ? { ...row, status: shard.status, done: shard.done } : row;
    });
  }, [known, shards]);
  return { ...rows, data: withProgress };
}
