/** The list of jobs; on narrow screens it scrolls in its own box. */
import { Anchor, Table, Text, VisuallyHidden } from "@mantine/core";
import Link from "next/link";
import type { Job } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { formatCount, formatDuration } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { JobActions } from "./job-actions.tsx";
import { JobProgress } from "./job-progress.tsx";
import { kindWord } from "./job-words.ts";
import styles from "./jobs-table.module.css";
import { Sparkline } from "./sparkline.tsx";

interface JobsTableProps {
  readonly jobs: readonly Job[];
  readonly onOwnEvents: (events: readonly StreamEvent[]) => void;
}

/** One connection follows no more than 64 streams; jobs beyond these are looked at every few seconds. */
const mostFollowed = 40;

const isOpen = ({ status }: Job): boolean =>
  status === "RUNNING" || status === "PAUSED";

export function JobsTable({ jobs, onOwnEvents }: JobsTableProps) {
  const followed = new Set(
    jobs
      .filter(isOpen)
      .slice(0, mostFollowed)
      .map(({ id }) => id),
  );
  return (
    <Table.ScrollContainer
      minWidth={1200}
      className={styles.box}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="Jobs"
    >
      <Table verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Job</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Model and data set</Table.Th>
            <Table.Th className={styles.progress}>Progress</Table.Th>
            <Table.Th className={styles.right}>Shards a minute</Table.Th>
            <Table.Th className={styles.right}>Time left</Table.Th>
            <Table.Th>Last 5 minutes</Table.Th>
            <Table.Th className={styles.right}>Weight</Table.Th>
            <Table.Th>Submitted</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              isFollowed={followed.has(job.id)}
              onOwnEvents={onOwnEvents}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function JobRow({
  job,
  isFollowed,
  onOwnEvents,
}: {
  readonly job: Job;
  readonly isFollowed: boolean;
  readonly onOwnEvents: JobsTableProps["onOwnEvents"];
}) {
  useBatchedStream(isFollowed ? job.id : null, onOwnEvents);
  return (
    <Table.Tr>
      <Table.Td className={styles.name}>
        <Anchor
          component={Link}
          href={`/job?id=${job.id}`}
          className="name"
          dir="auto"
          fw={600}
          size="sm"
          lineClamp={2}
        >
          {job.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {kindWord(job.kind)}
        </Text>
      </Table.Td>
      <Table.Td>
        <StatusBadge status={job.status} />
      </Table.Td>
      <Table.Td className={styles.name}>
        {job.modelId !== null && (
          <Anchor
            component={Link}
            href={`/model?id=${job.modelId}`}
            className={`name ${styles.link}`}
            dir="auto"
            size="sm"
            truncate
          >
            {job.model}
          </Anchor>
        )}
        {job.datasetId !== null && (
          <Anchor
            component={Link}
            href={`/dataset?id=${job.datasetId}`}
            className={`name ${styles.link}`}
            dir="auto"
            size="xs"
            c="dimmed"
            truncate
          >
            {job.dataset}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>
        <JobProgress job={job} />
      </Table.Td>
      <Table.Td className={`numbers ${styles.right}`}>
        {job.status === "RUNNING" && job.ratePerMinute !== null
          ? formatCount(Math.round(job.ratePerMinute * 10) / 10)
          : "–"}
      </Table.Td>
      <Table.Td className={`numbers ${styles.right}`}>
        {job.status === "RUNNING" && job.secondsLeft !== null
          ? formatDuration(job.secondsLeft)
          : "–"}
      </Table.Td>
      <Table.Td>
        <Sparkline counts={isOpen(job) ? job.recent : []} />
      </Table.Td>
      <Table.Td className={`numbers ${styles.right}`}>{job.weight}</Table.Td>
      <Table.Td className={styles.time}>
        <RelativeTime at={job.createdAt} />
        <Text size="xs" c="dimmed" className="name" dir="auto" lineClamp={1}>
          {job.createdBy}
        </Text>
      </Table.Td>
      <Table.Td>
        <JobActions job={job} isCompact />
      </Table.Td>
    </Table.Tr>
  );
}
