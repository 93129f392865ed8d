/** Searches with the models they are of: what a gallery needs to know of each. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Model } from "../../api/types.ts";
import type { GalleryModel } from "../gallery/gallery-model.ts";

export interface SearchedModel extends GalleryModel {
  readonly model: Model;
}

export interface SearchedModels {
  /** In the order of the jobs; only those that are there. */
  readonly found: readonly SearchedModel[];
  /** By job, what went wrong. */
  readonly errors: ReadonlyMap<string, unknown>;
  readonly isLoading: boolean;
}

export const jobQuery = (id: string) => ({
  queryKey: ["job", id] as const,
  queryFn: () =>
    bodyOf(api.GET("/api/jobs/{id}", { params: { path: { id } } })),
});

export const modelQuery = (idOrName: string) => ({
  queryKey: ["model", idOrName] as const,
  queryFn: () =>
    bodyOf(
      api.GET("/api/models/{idOrName}", { params: { path: { idOrName } } }),
    ),
});

export function useSearchedModels(jobIds: readonly string[]): SearchedModels {
  const jobs = useQueries({ queries: jobIds.map(jobQuery) });
  const modelIds = jobs.map(({ data }) => data?.modelId ?? "");
  const models = useQueries({
    queries: modelIds.map((id) => ({ ...modelQuery(id), enabled: id !== "" })),
  });
  const key = [...jobs, ...models].map(({ dataUpdatedAt }) => dataUpdatedAt);
  const found = useMemo(
    () =>
      jobs.flatMap(({ data: job }, index) => {
        const model = models[index]?.data;
        return job && model ? [searchedModelOf(job, model)] : [];
      }),
    [key.join()],
  );
  const errors = new Map<string, unknown>();
  jobIds.forEach((id, index) => {
    const error = jobs[index]?.error ?? models[index]?.error;
    if (error) errors.set(id, error);
    else if (jobs[index]?.data && jobs[index].data.kind !== "search")
      errors.set(id, new Error("This job is no search: it has no patterns."));
  });
  return {
    found,
    errors,
    isLoading: [...jobs, ...models].some(({ isLoading }) => isLoading),
  };
}

/** What the check of the job's data set found. */
export function factsOf(
  model: Model,
  dataset: string | null,
): Readonly<Record<string, unknown>> | null {
  const checks = model.checks.filter(({ facts }) => facts !== null);
  const own = checks.find((check) => check.dataset === dataset) ?? checks[0];
  return own?.facts ?? null;
}

function searchedModelOf(job: Job, model: Model): SearchedModel {
  const names = factsOf(model, job.dataset)?.classNames;
  return {
    job,
    model,
    title: model.name,
    classNames: Array.isArray(names) ? (names as string[]) : [],
  };
}
