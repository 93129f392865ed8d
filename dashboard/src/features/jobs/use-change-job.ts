/** Changes a job and shows at once what the server made of it, its refusal included. */
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Job } from "../../api/types.ts";
import { changeJob, type JobChange } from "./change-job.ts";
import { jobKey } from "./use-job-data.ts";

const tried: Readonly<Record<JobChange["kind"], string>> = {
  pause: "The job was not paused",
  resume: "The job was not resumed",
  cancel: "The job was not cancelled",
  redrive: "The dead shards were not put back",
  weight: "The weight was not changed",
};

export function useChangeJob(job: Pick<Job, "id" | "name">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: JobChange) => changeJob(job.id, change),
    onSuccess: (changed) => {
      client.setQueryData<Job>(jobKey(job.id), (known) => ({
        ...known,
        ...changed,
      }));
      void client.invalidateQueries({ queryKey: ["jobs"] });
      void client.invalidateQueries({ queryKey: jobKey(job.id) });
    },
    onError: (error, { kind }) =>
      notifications.show({
        color: "red",
        title: tried[kind],
        message: error.message,
        autoClose: false,
        role: "alert",
      }),
  });
}
