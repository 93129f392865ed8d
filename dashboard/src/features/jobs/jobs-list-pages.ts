/** The job list's pages, kept up by events. Pure. */
import type { InfiniteData } from "@tanstack/react-query";
import type { Job } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { updateJob } from "./job-updates.ts";

export type JobPages = InfiniteData<readonly Job[], string | undefined>;

/** @param idOf whose an event is; undefined: nobody's that is listed */
export function updatePages(
  pages: JobPages,
  events: readonly StreamEvent[],
  idOf: (event: StreamEvent) => string | undefined,
): JobPages {
  const byJob = Map.groupBy(events, idOf);
  let isChanged = false;
  const updated = pages.pages.map((page) =>
    page.map((job) => {
      const ofJob = byJob.get(job.id);
      if (!ofJob) return job;
      isChanged = true;
      return updateJob(job, ofJob);
    }),
  );
  return isChanged ? { ...pages, pages: updated } : pages;
}

/** Of the cluster's stream, whose bodies name the job. */
export const namedJob = ({ type, body }: StreamEvent): string | undefined =>
  type.startsWith("job-") && typeof body.jobId === "string"
    ? body.jobId
    : undefined;
