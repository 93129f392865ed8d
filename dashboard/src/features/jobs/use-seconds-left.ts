/** How long a job still takes: by what it has done, and of trainings by what those under way say of themselves. */
import { useQuery } from "@tanstack/react-query";
import type { Job } from "../../api/types.ts";
import { secondsLeftOf } from "./training-progress.ts";
import { modelsQuery } from "./use-trained-models.ts";

export function useSecondsLeft(job: Job): number | null {
  // Whoever shows the models reads them.
  const { data } = useQuery({ ...modelsQuery(job.id), enabled: false });
  return data ? secondsLeftOf(job, data) : job.secondsLeft;
}
