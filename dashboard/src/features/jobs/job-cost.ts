/** What a search has cost and will: image gradients, the unit that does not depend on the machine. Pure. */
import type { Job } from "../../api/types.ts";
import { searchParametersOf } from "./job-types.ts";

export interface Cost {
  /** Image gradients: one image, forward and backward. */
  readonly planned: number;
  readonly done: number;
}

/** @returns null for what is no search */
export function costOf(job: Job): Cost | null {
  const parameters = searchParametersOf(job);
  if (!parameters) return null;
  const { steps, batchSize } = parameters.settings;
  const planned = parameters.searches * steps * batchSize;
  return { planned, done: Math.round(planned * workedShare(job)) };
}

/** 0…1: what was worked on. `done` counts shards that were cancelled as well, since nothing more comes of them. */
export function workedShare({
  done,
  shards: { total, cancelled },
}: Pick<Job, "done" | "shards">): number {
  return total === 0 ? done : Math.max(0, done - cancelled / total);
}

/** @param now milliseconds @returns seconds from its submission to its end, or to now */
export const elapsedSeconds = (job: Job, now: number): number =>
  Math.max(
    0,
    ((job.finishedAt === null ? now : Date.parse(job.finishedAt)) -
      Date.parse(job.createdAt)) /
      1000,
  );
