/**
 * All that a job's page knows: read by REST once and after every break, kept up by the job's events in between. What an event has
 * told is never undone by an answer that was asked for before it.
 */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { RecentEvents } from "../../live/recent-events.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { updateJob, updateRunning, updateShards } from "./job-updates.ts";
import { noRows } from "../gallery/pattern-rows.ts";
import { usePatternRows } from "../gallery/use-pattern-rows.ts";
import { mostShards, readJob, readShards } from "./read-job.ts";

/** How often at most; milliseconds. */
const jobEveryMs = 1_000;
const shardsEveryMs = 1_000;
/** Rates age without events. */
const rateEveryMs = 5_000;
/** Up to so many shards are one request, cheap enough to be made with every progress. */
const fewShards = 1_000;
const manyShardsEveryMs = 15_000;

export const jobKey = (id: string): QueryKey => ["job", id];
export const shardsKey = (id: string): QueryKey => ["job", id, "shards"];

const isOpen = (job: Job | undefined): boolean =>
  job?.status === "RUNNING" || job?.status === "PAUSED";

export function useJobData(id: string) {
  const client = useQueryClient();
  const [recent] = useState(() => new RecentEvents());
  const job = useQuery({
    queryKey: jobKey(id),
    queryFn: async ({ signal }) => {
      const asked = performance.now();
      return updateJob(await readJob(id, signal), recent.since(asked));
    },
    refetchInterval: ({ state }) => isOpen(state.data) && rateEveryMs,
  });
  const isSearch = job.data?.kind === "search";
  const total = job.data?.shards.total;
  const hasFew = (total ?? 0) <= fewShards;
  const shards = useQuery({
    queryKey: shardsKey(id),
    queryFn: async ({ signal }) => {
      const asked = performance.now();
      const read = await readShards(id, undefined, signal);
      return updateShards(read, recent.since(asked));
    },
    enabled: total !== undefined,
    refetchInterval: () =>
      isOpen(job.data) &&
      !hasFew &&
      (total ?? 0) <= mostShards &&
      manyShardsEveryMs,
  });
  const ids = useMemo(() => (isSearch ? [id] : []), [isSearch, id]);
  const [patterns] = usePatternRows(ids);

  const lookAtJob = useThrottledCallback(() => {
    void client.invalidateQueries({ queryKey: jobKey(id), exact: true });
  }, jobEveryMs);
  const lookAtShards = useThrottledCallback(() => {
    if (hasFew) {
      void client.invalidateQueries({ queryKey: shardsKey(id), exact: true });
      return;
    }
    const asked = performance.now();
    void readShards(id, "RUNNING", AbortSignal.timeout(10_000)).then(
      (running) =>
        client.setQueryData<readonly Shard[]>(
          shardsKey(id),
          (known) =>
            known &&
            updateShards(updateRunning(known, running), recent.since(asked)),
        ),
      // The next progress asks again; whether the server is there is the banner's to say.
      () => {},
    );
  }, shardsEveryMs);
  const lookAtAll = () => {
    void client.invalidateQueries({ queryKey: jobKey(id) });
  };

  const take = (events: readonly StreamEvent[]) => {
    recent.push(events, performance.now());
    client.setQueryData<Job>(
      jobKey(id),
      (known) => known && updateJob(known, events),
    );
    client.setQueryData<readonly Shard[]>(
      shardsKey(id),
      (known) => known && updateShards(known, events),
    );
    const types = new Set(events.map(({ type }) => type));
    if ([...types].some((type) => type.startsWith("job-"))) lookAtJob();
    // The next round's shards are new, and the one that compares audits.
    if (types.has("round-ended") || types.has("comparison-began"))
      void client.invalidateQueries({ queryKey: shardsKey(id), exact: true });
    // What these tell of is read by whoever shows it.
    types.delete("patterns");
    types.delete("epochs");
    if (types.size > 0) lookAtShards();
  };
  useBatchedStream(id === "" ? null : id, take, lookAtAll);

  // A job's last shards may have ended without an event of their own.
  const status = job.data?.status;
  useEffect(() => {
    if (status === undefined || status === "RUNNING") return;
    void client.invalidateQueries({ queryKey: shardsKey(id), exact: true });
  }, [status, id, client]);

  return { job, shards, patterns: patterns?.rows ?? noRows };
}
