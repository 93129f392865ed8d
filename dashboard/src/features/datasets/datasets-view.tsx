"use client";
/** All data sets. */
import { Anchor, Button, Paper, Table } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { api, bodyOf } from "../../api/client.ts";
import { useStream } from "../../live/use-stream.ts";
import { formatCount } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";

export function DatasetsView() {
  const client = useQueryClient();
  const datasets = useQuery({
    queryKey: ["datasets"],
    queryFn: () => bodyOf(api.GET("/api/datasets")),
  });
  const look = () => void client.invalidateQueries({ queryKey: ["datasets"] });
  useStream("cluster", look, look);
  const add = (
    <Button component={Link} href="/new-dataset">
      Add a data set
    </Button>
  );
  return (
    <>
      <PageHeader title="Data sets" actions={add} />
      {datasets.error && !datasets.data ? (
        <ErrorState
          error={datasets.error}
          thing="list of data sets"
          onRetry={() => void datasets.refetch()}
        />
      ) : !datasets.data ? (
        <LoadingState />
      ) : datasets.data.length === 0 ? (
        <EmptyState
          title="There are no data sets yet"
          command="npx motif datasets add FOLDER --name NAME"
          action={add}
        >
          A folder of images a class, plain or in an archive, IDX files or
          CIFAR’s binary files.
        </EmptyState>
      ) : (
        <Paper withBorder radius="md">
          <Table.ScrollContainer
            minWidth={640}
            type="native"
            tabIndex={0}
            role="region"
            aria-label="Table of data sets"
          >
            <Table verticalSpacing="sm" aria-label="Data sets">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Format</Table.Th>
                  <Table.Th ta="right">Images</Table.Th>
                  <Table.Th ta="right">Classes</Table.Th>
                  <Table.Th>Added</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {datasets.data.map((dataset) => (
                  <Table.Tr key={dataset.id}>
                    <Table.Td className="name" dir="auto" maw={360}>
                      <Anchor
                        component={Link}
                        href={`/dataset?id=${dataset.id}`}
                      >
                        {dataset.name}
                      </Anchor>
                    </Table.Td>
                    <Table.Td>
                      <StatusBadge status={dataset.status} />
                    </Table.Td>
                    <Table.Td>{dataset.format ?? "–"}</Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {dataset.imageCount === null
                        ? "–"
                        : formatCount(dataset.imageCount)}
                    </Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {formatCount(dataset.classNames.length)}
                    </Table.Td>
                    <Table.Td>
                      <RelativeTime at={dataset.createdAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Paper>
      )}
    </>
  );
}
