/** The jobs, newest first, a page after another; states by the cluster's events, progress by each running job's own. */
import { useThrottledCallback } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job } from "../../api/types.ts";
import { RecentEvents } from "../../live/recent-events.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { updateJob } from "./job-updates.ts";
import type { JobsFilter } from "./jobs-filter.tsx";
import { namedJob, updatePages, type JobPages } from "./jobs-list-pages.ts";

const pageSize = 50;
/** Rates and what events do not tell. */
const everyMs = 5_000;
const lookEveryMs = 500;

export function useJobs(filter: JobsFilter) {
  const client = useQueryClient();
  const queryKey = ["jobs", filter];
  const [recent] = useState(() => new RecentEvents());
  const jobs = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }): Promise<readonly Job[]> => {
      const asked = performance.now();
      const page: readonly Job[] = await bodyOf(
        api.GET("/api/jobs", {
          params: {
            query: {
              limit: pageSize,
              ...(filter.status && { status: filter.status }),
              ...(filter.kind && { kind: filter.kind }),
              ...(pageParam !== undefined && { before: pageParam }),
            },
          },
          signal,
        }),
      );
      const since = Map.groupBy(recent.since(asked), ({ stream }) => stream);
      return page.map((job) => updateJob(job, since.get(job.id) ?? []));
    },
    getNextPageParam: (page) =>
      page.length < pageSize ? undefined : page.at(-1)?.id,
    refetchInterval: everyMs,
  });
  const lookAgain = useThrottledCallback(() => {
    void client.invalidateQueries({ queryKey: ["jobs"] });
  }, lookEveryMs);
  useBatchedStream(
    "cluster",
    (events) => {
      const ofJobs = events.filter(({ type }) => type.startsWith("job-"));
      if (ofJobs.length === 0) return;
      client.setQueryData<JobPages>(
        queryKey,
        (known) => known && updatePages(known, ofJobs, namedJob),
      );
      lookAgain();
    },
    lookAgain,
  );
  /** What a job's own stream says. */
  const takeOwn = (events: readonly StreamEvent[]) => {
    recent.push(events, performance.now());
    client.setQueryData<JobPages>(
      queryKey,
      (known) => known && updatePages(known, events, ({ stream }) => stream),
    );
    if (events.some(({ type }) => type.startsWith("job-"))) lookAgain();
  };
  return { jobs, takeOwn };
}
