/** How far a job is, how fast, how long still, and what it has cost. */
import { Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Job } from "../../api/types.ts";
import { formatCount, formatDuration, formatSi } from "../../ui/format.ts";
import { useNow } from "../../ui/relative-time.tsx";
import { costOf, elapsedSeconds } from "./job-cost.ts";
import { JobProgress } from "./job-progress.tsx";
import styles from "./job-summary.module.css";
import { useSecondsLeft } from "./use-seconds-left.ts";
import { Sparkline } from "./sparkline.tsx";

export function JobSummary({ job }: { readonly job: Job }) {
  const now = useNow();
  const cost = costOf(job);
  const isRunning = job.status === "RUNNING";
  const isOpen = isRunning || job.status === "PAUSED";
  const secondsLeft = useSecondsLeft(job);
  return (
    <Paper withBorder p="md" radius="md" mb="md" className={styles.card}>
      <Stack gap="md">
        <JobProgress job={job} size="xl" />
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="md">
          <Fact name={isOpen ? "Running for" : "Took"}>
            {/* Before the first tick on this page there is no present. */}
            {now === 0 && isOpen
              ? "–"
              : formatDuration(elapsedSeconds(job, now))}
          </Fact>
          {isOpen && (
            <>
              <Fact name="Time left">
                {isRunning && secondsLeft !== null
                  ? formatDuration(secondsLeft)
                  : "–"}
              </Fact>
              <Fact name="Shards a minute">
                <Group gap="sm" wrap="nowrap">
                  {isRunning && job.ratePerMinute !== null
                    ? formatCount(Math.round(job.ratePerMinute * 10) / 10)
                    : "–"}
                  <Sparkline counts={job.recent} />
                </Group>
              </Fact>
              <Fact name="On nodes, waiting">
                {formatCount(job.shards.running)},{" "}
                {formatCount(job.shards.pending)}
              </Fact>
            </>
          )}
          {cost && (
            <Fact name="Image gradients">
              {formatSi(cost.done, "")} of {formatSi(cost.planned, "")}
            </Fact>
          )}
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="div" className={`numbers ${styles.fact}`} fw={600}>
        {children}
      </Text>
    </div>
  );
}
