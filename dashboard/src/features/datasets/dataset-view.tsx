"use client";
/** One data set: its facts, its classes, its parts, and the models on it. */
import {
  Alert,
  Anchor,
  Button,
  Code,
  Paper,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, bodyOf } from "../../api/client.ts";
import type { Dataset, ListedModel } from "../../api/types.ts";
import { Fact } from "../../ui/fact.tsx";
import { formatCount, formatShare } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { factsOf, modelQuery } from "../models/use-searched-models.ts";
import { ClassList } from "./class-list.tsx";

export function DatasetView() {
  const id = useAddress().get("id") ?? "";
  const dataset = useQuery({
    queryKey: ["dataset", id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/datasets/{idOrName}", {
          params: { path: { idOrName: id } },
        }),
      ),
  });
  const models = useQuery({
    queryKey: ["dataset-models", id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/datasets/{idOrName}/models", {
          params: { path: { idOrName: id } },
        }),
      ),
  });
  if (dataset.error)
    return (
      <ErrorState
        error={dataset.error}
        thing="data set"
        onRetry={() => void dataset.refetch()}
      />
    );
  if (!dataset.data) return <LoadingState rows={8} height={56} />;
  return <DatasetPage dataset={dataset.data} models={models.data ?? []} />;
}

const parts = [
  ["canvas", "Canvas", "images that patterns take their pixel values from"],
  ["search", "Search", "images that patterns are found on"],
  [
    "evaluate",
    "Evaluate",
    "images that predictive power is measured on, never seen by a search",
  ],
] as const;

function DatasetPage({
  dataset,
  models,
}: {
  readonly dataset: Dataset;
  readonly models: readonly ListedModel[];
}) {
  const names = useClassNames(dataset, models);
  const facts = models
    .flatMap(({ checks }) => checks)
    .find(
      (check) => check.dataset === dataset.name && check.facts !== null,
    )?.facts;
  const sizes = (facts?.parts ?? null) as Readonly<
    Record<string, number>
  > | null;
  return (
    <>
      <PageHeader
        title={dataset.name}
        eyebrow="Data set"
        actions={
          <Button
            component={Link}
            href={`/new-model?dataset=${dataset.id}`}
            variant="default"
          >
            Add models
          </Button>
        }
      />
      <Stack gap="md">
        {dataset.status === "REFUSED" && (
          <Alert color="red" title="This data set was refused">
            <span className="name">{dataset.problem}</span>
          </Alert>
        )}
        <Paper withBorder p="md" radius="md">
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
            <Fact label="State">
              <StatusBadge status={dataset.status} />
            </Fact>
            <Fact label="Images">
              <Text className="numbers">
                {dataset.imageCount === null
                  ? "–"
                  : formatCount(dataset.imageCount)}{" "}
                in {formatCount(dataset.classNames.length)} classes
              </Text>
            </Fact>
            <Fact label="Format">
              <Text>
                {dataset.format ?? "–"}
                {dataset.split !== null && `, split ${dataset.split}`}
              </Text>
              {dataset.path !== null && (
                <Code className="name" fz="xs">
                  {dataset.path}
                </Code>
              )}
            </Fact>
            <Fact label="Added">
              <Text>
                <RelativeTime at={dataset.createdAt} /> by {dataset.createdBy}
              </Text>
            </Fact>
          </SimpleGrid>
        </Paper>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          {parts.map(([name, title, says]) => (
            <Paper key={name} withBorder p="md" radius="md">
              <Text size="sm" fw={600}>
                {title}
              </Text>
              <Text fz="xl" className="numbers">
                {sizes?.[name] === undefined ? "–" : formatCount(sizes[name])}
              </Text>
              <Text size="xs" c="dimmed">
                {says}
                {sizes === null && "; known once a model was held against it"}
              </Text>
            </Paper>
          ))}
        </SimpleGrid>
        <Paper withBorder p="md" radius="md">
          <Title order={2} size="h4" mb="xs">
            Models
          </Title>
          {models.length === 0 ? (
            <Text c="dimmed">No model was held against it yet.</Text>
          ) : (
            <Table.ScrollContainer
              minWidth={480}
              type="native"
              tabIndex={0}
              role="region"
              aria-label="Table of models"
            >
              <Table aria-label="Models of this data set">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Name</Table.Th>
                    <Table.Th>Setting</Table.Th>
                    <Table.Th ta="right">Clean accuracy</Table.Th>
                    <Table.Th>State</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {models.map((model) => (
                    <Table.Tr key={model.id}>
                      <Table.Td className="name" dir="auto">
                        <Anchor component={Link} href={`/model?id=${model.id}`}>
                          {model.name}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>{model.setting}</Table.Td>
                      <Table.Td ta="right" className="numbers">
                        {model.cleanAccuracy === null
                          ? "–"
                          : formatShare(model.cleanAccuracy)}
                      </Table.Td>
                      <Table.Td>
                        <StatusBadge status={model.status} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
        </Paper>
        <ClassList dataset={dataset} names={names} models={models} />
      </Stack>
    </>
  );
}

/** The data set's own; where it has numbers only, those that a model has for them. */
function useClassNames(
  dataset: Dataset,
  models: readonly ListedModel[],
): readonly string[] {
  const own = dataset.classNames;
  const hasNumbersOnly = own.every((name, index) => name === String(index));
  const naming = models.find(({ status }) => status === "READY");
  const { data: model } = useQuery({
    ...modelQuery(naming?.id ?? ""),
    enabled: hasNumbersOnly && naming !== undefined,
  });
  const given = model && factsOf(model, dataset.name)?.classNames;
  return hasNumbersOnly && Array.isArray(given) && given.length === own.length
    ? (given as string[])
    : own;
}
