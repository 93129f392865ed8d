/** A job's bar, with its parts told apart: done, under way, given up. */
import { Group, Text } from "@mantine/core";
import type { Job } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { ProgressMeter } from "../../ui/progress-meter.tsx";
import { workedShare } from "./job-cost.ts";

const colours: Readonly<Record<Job["status"], string>> = {
  RUNNING: "indigo",
  PAUSED: "gray",
  SUCCEEDED: "green",
  FAILED: "red",
  CANCELLED: "gray",
};

export function JobProgress({
  job,
  size = "md",
}: {
  readonly job: Job;
  readonly size?: "md" | "xl";
}) {
  const { total, succeeded, dead, cancelled } = job.shards;
  const ended = succeeded + dead;
  const share = workedShare(job);
  const words = `${formatShare(share)} done, ${formatCount(ended)} of ${formatCount(total)} shards have ended${cancelled > 0 ? `, ${formatCount(cancelled)} were cancelled` : ""}`;
  return (
    <div>
      <ProgressMeter
        share={share}
        label={`Progress of ${job.name}`}
        words={words}
        color={colours[job.status]}
        size={size}
      />
      <Group justify="space-between" gap="xs" wrap="nowrap" mt={2}>
        <Text size="xs" className="numbers">
          {formatShare(share)}
        </Text>
        <Text size="xs" c="dimmed" className="numbers">
          {formatCount(ended)} / {formatCount(total)}
        </Text>
      </Group>
    </div>
  );
}
