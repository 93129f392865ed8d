"use client";
/** The same classes of several models side by side, against one of them. */
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Group,
  Paper,
  Select,
  Skeleton,
  Stack,
  Text,
  Tooltip,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { formatShare } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { LazyGallery } from "../gallery/lazy-gallery.tsx";
import { plannedSearchOf } from "../gallery/planned-search.ts";
import {
  factsOf,
  useSearchedModels,
  type SearchedModel,
} from "../models/use-searched-models.ts";

const ClassDifference = dynamic(
  () => import("./class-difference.tsx").then((file) => file.ClassDifference),
  { ssr: false, loading: () => <Skeleton height={320} radius="md" /> },
);

const mostModels = 8;

export function CompareView() {
  const address = useAddress();
  const { set } = address;
  const jobIds = [...new Set(address.list("jobs"))].slice(0, mostModels);
  const { found, errors, isLoading } = useSearchedModels(jobIds);
  const baseline = Math.max(
    0,
    found.findIndex(({ job }) => job.id === address.get("baseline")),
  );
  const titled = useMemo(() => withDistinctTitles(found), [found]);
  const unmatched = useMemo(() => namesOfOthers(found), [found]);
  const add = (jobId: string) =>
    set({ jobs: [...jobIds, jobId], pattern: undefined, in: undefined });
  const remove = (jobId: string) =>
    set({
      jobs: jobIds.filter((id) => id !== jobId),
      pattern: undefined,
      in: undefined,
    });
  return (
    <>
      <PageHeader
        title="Compare"
        actions={
          jobIds.length < mostModels && <AddSearch known={jobIds} onAdd={add} />
        }
      />
      {jobIds.length === 0 ? (
        <EmptyState
          title="Nothing is being compared"
          action={
            <Button component={Link} href="/" variant="default">
              Choose models
            </Button>
          }
        >
          Choose two to eight models in the list of models, or add searches here
          one by one.
        </EmptyState>
      ) : (
        <Stack gap="md">
          <Group gap="sm" align="stretch">
            {titled.map((model, index) => (
              <ModelCard
                key={model.job.id}
                model={model}
                isBaseline={index === baseline}
                onBaseline={() => set({ baseline: model.job.id })}
                onRemove={() => remove(model.job.id)}
              />
            ))}
            {[...errors].map(([jobId, error]) => (
              <Paper
                key={jobId}
                withBorder
                p="sm"
                radius="md"
                maw={260}
                role="alert"
              >
                <Text size="sm" className="name">
                  {error instanceof Error ? error.message : String(error)}
                </Text>
                <Button
                  mt="xs"
                  size="compact-sm"
                  variant="default"
                  onClick={() => remove(jobId)}
                >
                  Remove
                </Button>
              </Paper>
            ))}
          </Group>
          {unmatched.length > 0 && (
            <Text size="sm" c="dimmed">
              Classes are matched by name. Only some of the models have{" "}
              {unmatched.slice(0, 5).join(", ")}
              {unmatched.length > 5 && ` and ${unmatched.length - 5} more`}.
            </Text>
          )}
          {isLoading && found.length === 0 && (
            <LoadingState rows={4} height={96} />
          )}
          {titled.length > 0 && (
            <>
              <ClassDifference models={titled} baseline={baseline} />
              <LazyGallery models={titled} baseline={baseline} />
            </>
          )}
        </Stack>
      )}
    </>
  );
}

function ModelCard({
  model: { model, job, title },
  isBaseline,
  onBaseline,
  onRemove,
}: {
  readonly model: SearchedModel;
  readonly isBaseline: boolean;
  readonly onBaseline: () => void;
  readonly onRemove: () => void;
}) {
  const accuracy = factsOf(model, job.dataset)?.cleanAccuracy;
  return (
    <Paper
      withBorder
      p="sm"
      radius="md"
      style={{ flex: "1 1 200px", maxWidth: 320 }}
    >
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Anchor
          component={Link}
          href={`/model?id=${model.id}&job=${job.id}`}
          fw={600}
          className="name"
          dir="auto"
          lineClamp={2}
        >
          {title}
        </Anchor>
        <Tooltip label="Remove">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`Remove ${title}`}
            onClick={onRemove}
          >
            ✕
          </ActionIcon>
        </Tooltip>
      </Group>
      <Text size="xs" c="dimmed" className="name">
        {plannedSearchOf(job).canvasSource} canvases
        {typeof accuracy === "number" &&
          `, clean accuracy ${formatShare(accuracy)}`}
      </Text>
      <Group mt={6}>
        {isBaseline ? (
          <Badge
            variant="light"
            radius="sm"
            tt="none"
            styles={{ root: { color: "var(--mantine-color-text)" } }}
          >
            baseline
          </Badge>
        ) : (
          <Button size="compact-xs" variant="default" onClick={onBaseline}>
            Make baseline
          </Button>
        )}
      </Group>
    </Paper>
  );
}

/** Any search that has patterns may stand beside others. */
function AddSearch({
  known,
  onAdd,
}: {
  readonly known: readonly string[];
  readonly onAdd: (jobId: string) => void;
}) {
  const searches = useQuery({
    queryKey: ["jobs", "searches"],
    queryFn: () =>
      bodyOf(
        api.GET("/api/jobs", {
          params: { query: { kind: "search", limit: 1000 } },
        }),
      ),
  });
  return (
    <Select
      aria-label="Add a search"
      placeholder="Add a search …"
      searchable
      clearable={false}
      value={null}
      limit={50}
      w={280}
      nothingFoundMessage="There is no such search"
      data={(searches.data ?? [])
        .filter(({ id, shards }) => !known.includes(id) && shards.succeeded > 0)
        .map(({ id, name, model }) => ({
          value: id,
          label:
            model !== null && !name.includes(model)
              ? `${model}: ${name}`
              : name,
        }))}
      onChange={(id) => id !== null && onAdd(id)}
    />
  );
}

/** Two searches of one model are told apart by their canvases, or else by their jobs' names. */
function withDistinctTitles(
  models: readonly SearchedModel[],
): readonly SearchedModel[] {
  const count = (text: (model: SearchedModel) => string) =>
    Map.groupBy(models, text);
  const byTitle = count(({ title }) => title);
  const describe = (model: SearchedModel) =>
    `${model.title}, ${plannedSearchOf(model.job).canvasSource}`;
  const byDescription = count(describe);
  return models.map((model) => {
    if (byTitle.get(model.title)!.length === 1) return model;
    const isEnough = byDescription.get(describe(model))!.length === 1;
    return { ...model, title: isEnough ? describe(model) : model.job.name };
  });
}

/** Names that not all of the models have. */
function namesOfOthers(models: readonly SearchedModel[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { classNames } of models)
    for (const name of new Set(classNames))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count < models.length)
    .map(([name]) => name);
}
