"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { Gallery } from "../gallery/gallery.tsx";

export function ModelView() {
  const address = useAddress();
  const id = address.get("id") ?? "";
  const model = useQuery({
    queryKey: ["model", id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/models/{idOrName}", {
          params: { path: { idOrName: id } },
        }),
      ),
  });
  const jobs = useQuery({
    queryKey: ["model-jobs", id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/models/{idOrName}/jobs", {
          params: { path: { idOrName: id } },
        }),
      ),
  });
  const wanted = address.get("job");
  const job = jobs.data?.find((each) => each.id === wanted) ?? jobs.data?.[0];
  const facts = model.data?.checks.find((check) => check.facts !== null)?.facts;
  const models = useMemo(
    () =>
      job && model.data
        ? [
            {
              job,
              title: model.data.name,
              classNames: (facts?.classNames ?? []) as readonly string[],
            },
          ]
        : [],
    [job, model.data, facts],
  );
  if (model.error) return <ErrorState error={model.error} thing="model" />;
  if (!model.data || !jobs.data) return <LoadingState />;
  return (
    <>
      <PageHeader title={model.data.name} eyebrow="Model" />
      {models.length > 0 ? (
        <Gallery models={models} />
      ) : (
        <EmptyState title="No search has been made of this model" />
      )}
    </>
  );
}
