"use client";
import { Button, Group, Stack, Text } from "@mantine/core";
import Link from "next/link";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { JobsFilterBar, filterOf } from "./jobs-filter.tsx";
import { JobsTable } from "./jobs-table.tsx";
import { useJobs } from "./use-jobs.ts";

const command = "motif search --model MODEL --dataset DATASET";

export function JobsView() {
  const address = useAddress();
  const filter = filterOf(address);
  const { jobs, takeOwn } = useJobs(filter);
  const listed = jobs.data?.pages.flat() ?? [];
  const isFiltered = filter.status !== undefined || filter.kind !== undefined;
  return (
    <>
      <PageHeader
        title="Jobs"
        actions={
          <Button component={Link} href="/new-job">
            New job
          </Button>
        }
      />
      <JobsFilterBar address={address} filter={filter} />
      {jobs.isPending ? (
        <LoadingState rows={8} height={52} />
      ) : jobs.isError && listed.length === 0 ? (
        <ErrorState
          error={jobs.error}
          thing="list of jobs"
          onRetry={() => void jobs.refetch()}
        />
      ) : listed.length > 0 ? (
        <Stack gap="sm">
          <JobsTable jobs={listed} onOwnEvents={takeOwn} />
          <Group justify="center" gap="sm">
            {jobs.hasNextPage ? (
              <Button
                variant="default"
                loading={jobs.isFetchingNextPage}
                onClick={() => void jobs.fetchNextPage()}
              >
                Show older jobs
              </Button>
            ) : (
              <Text size="sm" c="dimmed">
                These are all.
              </Text>
            )}
          </Group>
        </Stack>
      ) : isFiltered ? (
        <EmptyState
          title="No job is like this"
          action={
            <Button
              variant="default"
              onClick={() => address.set({ status: "", kind: "" })}
            >
              Show all jobs
            </Button>
          }
        />
      ) : (
        <EmptyState
          title="There is no job yet"
          command={command}
          action={
            <Button component={Link} href="/new-job">
              New job
            </Button>
          }
        >
          A search is a job: it is cut into shards, and nodes work on them.
          Start one here, or on the command line.
        </EmptyState>
      )}
    </>
  );
}
