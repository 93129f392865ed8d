/** Changes a job and shows at once what the server made of it, its refusal included. */
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeJob, type JobChange } from "./change-job.ts";
import type { LiveJob } from "./job-types.ts";
import { jobKey } from "./use-job-data.ts";

const tried: Readonly<Record<JobChange, string>> = {
  pause: "The job was not paused",
  resume: "The job was not resumed",
  cancel: "The job was not cancelled",
};

export function useChangeJob(job: Pick<LiveJob, "id" | "name">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: JobChange) => changeJob(job.id, change),
    onSuccess: (changed) => {
      client.setQueryData<LiveJob>(jobKey(job.id), (known) => ({
        ...known,
        ...changed,
      }));
      void client.invalidateQueries({ queryKey: ["jobs"] });
      void client.invalidateQueries({ queryKey: jobKey(job.id) });
    },
    onError: (error, change) =>
      notifications.show({
        color: "red",
        title: tried[change],
        message: error.message,
        autoClose: false,
        role: "alert",
      }),
  });
}
