import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { findTargets, pages, type Target } from "./find-targets.ts";

const [store, dialog] = createSpotlight();

/** @param asked another number each time it is to open */
export function FindDialog({ asked }: { readonly asked: number }) {
  const router = useRouter();
  const [query, setQuery] = useState("");
  useEffect(() => dialog.open(), [asked]);
  const models = useQuery({
    queryKey: ["models"],
    queryFn: () => bodyOf(api.GET("/api/models")),
    structuralSharing: false,
  });
  const datasets = useQuery({
    queryKey: ["datasets"],
    queryFn: () => bodyOf(api.GET("/api/datasets")),
  });
  const jobs = useQuery({
    queryKey: ["jobs", "newest"],
    queryFn: () =>
      bodyOf(api.GET("/api/jobs", { params: { query: { limit: 1_000 } } })),
  });
  const groups = findTargets(query, {
    Pages: pages,
    Models: (models.data ?? []).map(({ id, name }) => ({
      name,
      href: `/model?id=${id}`,
    })),
    "Data sets": (datasets.data ?? []).map(({ id, name }) => ({
      name,
      href: `/dataset?id=${id}`,
    })),
    Jobs: (jobs.data ?? []).map(({ id, name }) => ({
      name,
      href: `/job?id=${id}`,
    })),
  });
  const isLoading = [models, datasets, jobs].some((one) => one.isPending);
  const open = ({ href }: Target) => router.push(href);
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      scrollable
      maxHeight="min(480px, 70vh)"
      title="Find"
      styles={{ header: { padding: "10px 16px 0", minHeight: 0 } }}
    >
      <Spotlight.Search
        placeholder="Models, data sets, jobs, pages"
        aria-label="Find models, data sets, jobs and pages"
      />
      <Spotlight.ActionsList aria-label="Found">
        {groups.map(({ group, found }) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {found.map((target) => (
              <Spotlight.Action
                key={target.href}
                label={target.name}
                dir="auto"
                onClick={() => open(target)}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {groups.length === 0 && (
          <Spotlight.Empty>
            {isLoading ? "Looking …" : "Nothing has such a name."}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
