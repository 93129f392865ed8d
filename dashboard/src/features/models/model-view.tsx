"use client";
/** One model: what it is, what was measured, what stands out, and its patterns. */
import { Button, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Model } from "../../api/types.ts";
import { useStream } from "../../live/use-stream.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { quoteForShell } from "../../ui/quote-for-shell.ts";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { LazyGallery } from "../gallery/lazy-gallery.tsx";
import { plannedSearchOf } from "../gallery/planned-search.ts";
import { auditsKey, ModelAudit } from "./model-audit.tsx";
import { ModelClasses } from "./model-classes.tsx";
import { evaluationsKey, ModelEvaluations } from "./model-evaluations.tsx";
import { ModelExports } from "./model-exports.tsx";
import { ModelFacts } from "./model-facts.tsx";
import { factsOf, modelQuery } from "./use-searched-models.ts";

const ModelReview = dynamic(
  () => import("./model-review.tsx").then((file) => file.ModelReview),
  { ssr: false, loading: () => <Skeleton height={232} /> },
);

export function ModelView() {
  const id = useAddress().get("id");
  if (id === undefined)
    return (
      <ErrorState
        error={new Error("The address names no model (?id=…).")}
        thing="model"
      />
    );
  return <ModelById key={id} id={id} />;
}

function ModelById({ id }: { readonly id: string }) {
  const client = useQueryClient();
  const model = useQuery(modelQuery(id));
  const jobs = useQuery({
    queryKey: ["model-jobs", id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/models/{idOrName}/jobs", {
          params: { path: { idOrName: id } },
        }),
      ),
  });
  const look = () => {
    void client.invalidateQueries({ queryKey: ["model", id] });
    void client.invalidateQueries({ queryKey: ["model-jobs", id] });
    void client.invalidateQueries({ queryKey: evaluationsKey(id) });
    void client.invalidateQueries({ queryKey: auditsKey(id) });
  };
  useStream("cluster", look, look);
  if (model.error)
    return (
      <ErrorState
        error={model.error}
        thing="model"
        onRetry={() => void model.refetch()}
      />
    );
  if (!model.data || !jobs.data) return <LoadingState rows={8} height={64} />;
  return <ModelPage model={model.data} jobs={jobs.data} />;
}

function ModelPage({
  model,
  jobs,
}: {
  readonly model: Model;
  readonly jobs: readonly Job[];
}) {
  const address = useAddress();
  const job =
    jobs.find(({ id }) => id === address.get("job")) ??
    firstChoice(jobs, model);
  const gallery = useMemo(() => {
    const names = job && factsOf(model, job.dataset)?.classNames;
    return job
      ? [
          {
            job,
            title: model.name,
            classNames: Array.isArray(names) ? (names as string[]) : [],
          },
        ]
      : [];
  }, [job, model]);
  const newSearch = `/new-job?model=${encodeURIComponent(model.name)}`;
  return (
    <>
      <PageHeader
        title={model.name}
        eyebrow="Model"
        actions={
          <>
            <Button component={Link} href={newSearch} variant="default">
              New search
            </Button>
            {job && (
              <>
                <Button
                  component={Link}
                  href={`/compare?jobs=${job.id}`}
                  variant="default"
                >
                  Compare with …
                </Button>
                <ModelExports job={job} />
              </>
            )}
          </>
        }
      />
      <Stack gap="md">
        <ModelFacts model={model} />
        <ModelAudit model={model} />
        <ModelReview model={model} />
        <ModelEvaluations model={model} />
        {job ? (
          <>
            <Group align="flex-end" gap="sm">
              <Select
                label="Search"
                allowDeselect={false}
                w={{ base: "100%", xs: 420 }}
                value={job.id}
                onChange={(id) =>
                  address.set({
                    job: id ?? undefined,
                    pattern: undefined,
                    k: undefined,
                  })
                }
                data={jobs.map((each) => ({
                  value: each.id,
                  label: `${each.name} (${plannedSearchOf(each).canvasSource}, ${new Date(each.createdAt).toLocaleDateString("en-GB")})`,
                }))}
              />
              <Group gap="xs" pb={6}>
                <StatusBadge status={job.status} />
                <Button
                  component={Link}
                  href={`/job?id=${job.id}`}
                  variant="subtle"
                  size="compact-sm"
                >
                  To the job
                </Button>
              </Group>
            </Group>
            <ModelClasses gallery={gallery} />
            <LazyGallery models={gallery} />
          </>
        ) : (
          <EmptyState
            title="Its patterns have not been searched yet"
            command={`npx motif search --model ${quoteForShell(model.name)} --dataset ${quoteForShell(model.dataset ?? "NAME")}`}
            action={
              <Button component={Link} href={newSearch}>
                New search
              </Button>
            }
          >
            A search finds, for each class, the pattern of fewest pixels that
            makes the model predict it.
          </EmptyState>
        )}
        {jobs.length === 0 && model.status === "CHECKING" && (
          <Text c="dimmed">It is being checked against its data set.</Text>
        )}
      </Stack>
    </>
  );
}

/** What the evidence is from; or the newest that has succeeded; or the newest. */
const firstChoice = (jobs: readonly Job[], { evidence }: Model) =>
  jobs.find(({ id }) => id === evidence?.jobId) ??
  jobs.find(({ status }) => status === "SUCCEEDED") ??
  jobs[0];
