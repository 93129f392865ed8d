/** What can be done to a job, as REST has it. */
import { api, bodyOf } from "../../api/client.ts";
import type { Job } from "../../api/types.ts";

export type JobChange =
  | { readonly kind: "pause" | "resume" | "cancel" | "redrive" }
  | { readonly kind: "weight"; readonly weight: number };

export function changeJob(id: string, change: JobChange): Promise<Job> {
  const params = { params: { path: { id } } };
  switch (change.kind) {
    case "pause":
      return bodyOf(api.POST("/api/jobs/{id}/pause", params));
    case "resume":
      return bodyOf(api.POST("/api/jobs/{id}/resume", params));
    case "cancel":
      return bodyOf(api.POST("/api/jobs/{id}/cancel", params));
    case "redrive":
      return bodyOf(api.POST("/api/jobs/{id}/redrive", params));
    case "weight":
      return bodyOf(
        api.PATCH("/api/jobs/{id}", {
          ...params,
          body: { weight: change.weight },
        }),
      );
  }
}
