/** What can be done to a job, as REST has it. */
import { api, bodyOf } from "../../api/client.ts";
import type { LiveJob } from "./job-types.ts";

export type JobChange = "pause" | "resume" | "cancel";

export function changeJob(id: string, change: JobChange): Promise<LiveJob> {
  const params = { params: { path: { id } } };
  switch (change) {
    case "pause":
      return bodyOf(api.POST("/api/jobs/{id}/pause", params));
    case "resume":
      return bodyOf(api.POST("/api/jobs/{id}/resume", params));
    case "cancel":
      return bodyOf(api.POST("/api/jobs/{id}/cancel", params));
  }
}
