/** What becomes of jobs, for whoever watches one and, named, for whoever watches all. */
import type { NewEvent } from "../progress/append-events.ts";

export const jobStatusEvents = ({
  id,
  kind,
  name,
  status,
}: {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly status: string;
}): readonly NewEvent[] => [
  { stream: id, type: "job-status", body: { status } },
  {
    stream: "cluster",
    type: "job-status",
    body: { jobId: id, status, name, kind },
  },
];
