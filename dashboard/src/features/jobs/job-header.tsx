/** What a job is, of what, by whom; and what can be done with it. */
import { Anchor, Group, Text } from "@mantine/core";
import Link from "next/link";
import type { RefObject } from "react";
import type { Job } from "../../api/types.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { Exports } from "./exports.tsx";
import { JobActions } from "./job-actions.tsx";
import { kindWord } from "./job-words.ts";

export function JobHeader({
  job,
  canvasRef,
}: {
  readonly job: Job;
  readonly canvasRef: RefObject<HTMLCanvasElement | null>;
}) {
  return (
    <PageHeader
      title={job.name}
      eyebrow={kindWord(job.kind)}
      actions={
        <>
          <JobActions job={job} />
          <Exports job={job} canvasRef={canvasRef} />
        </>
      }
    >
      <Group gap="sm" mt={6} style={{ rowGap: 4 }}>
        <StatusBadge status={job.status} />
        {job.modelId !== null && (
          <Text size="sm">
            of{" "}
            <Anchor
              component={Link}
              href={`/model?id=${job.modelId}&job=${job.id}`}
              className="name"
              dir="auto"
              inherit
            >
              {job.model}
            </Anchor>
          </Text>
        )}
        {job.datasetId !== null && (
          <Text size="sm">
            on{" "}
            <Anchor
              component={Link}
              href={`/dataset?id=${job.datasetId}`}
              className="name"
              dir="auto"
              inherit
            >
              {job.dataset}
            </Anchor>
          </Text>
        )}
        <Text size="sm" c="dimmed">
          submitted <RelativeTime at={job.createdAt} /> by{" "}
          <span className="name" dir="auto">
            {job.createdBy}
          </span>
        </Text>
        {job.finishedAt !== null && (
          <Text size="sm" c="dimmed">
            ended <RelativeTime at={job.finishedAt} />
          </Text>
        )}
      </Group>
    </PageHeader>
  );
}
