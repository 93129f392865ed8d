/** The names of a job's classes, from its model's check on its data set. */
import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import type { Job } from "../../api/types.ts";

interface CheckedModel {
  readonly checks: readonly {
    readonly dataset: string;
    readonly facts: unknown;
  }[];
}

const none: readonly string[] = [];

/** @returns by number; empty while unknown */
export function useClassNames(job: Job | undefined): readonly string[] {
  const modelId = job?.modelId ?? null;
  const dataset = job?.dataset ?? null;
  const { data } = useQuery({
    queryKey: ["job-classes", modelId, dataset],
    queryFn: async ({ signal }) => {
      const model = (await bodyOf(
        api.GET("/api/models/{idOrName}", {
          params: { path: { idOrName: modelId! } },
          signal,
        }),
      )) as unknown as CheckedModel;
      return namesIn(model, dataset);
    },
    enabled: modelId !== null,
    staleTime: Infinity,
  });
  return data ?? none;
}

function namesIn(
  { checks }: CheckedModel,
  dataset: string | null,
): readonly string[] {
  const check = checks.find((each) => each.dataset === dataset) ?? checks[0];
  const facts = check?.facts as { readonly classNames?: unknown } | null;
  return Array.isArray(facts?.classNames)
    ? (facts.classNames as readonly string[])
    : none;
}
