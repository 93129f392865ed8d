"use client";
import { Paper, Stack, Tabs, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useMemo, useRef } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { LazyGallery } from "../gallery/lazy-gallery.tsx";
import { HeatMap } from "./heat-map.tsx";
import { useClassNames } from "./job-classes.ts";
import { JobHeader } from "./job-header.tsx";
import { JobSummary } from "./job-summary.tsx";
import { JobTrouble } from "./job-trouble.tsx";
import { mostShards } from "./read-job.ts";
import { useJobData } from "./use-job-data.ts";

// What stands behind another tab is loaded with it: the page itself stays light.
const loading = () => <LoadingState rows={8} height={36} />;
const TrainedModels = dynamic(
  () => import("./trained-models.tsx").then((module) => module.TrainedModels),
  { ssr: false, loading },
);
const Evaluations = dynamic(
  () => import("./evaluations.tsx").then((module) => module.Evaluations),
  { ssr: false, loading },
);
const Audits = dynamic(
  () => import("./audits.tsx").then((module) => module.Audits),
  { ssr: false, loading },
);
const Curves = dynamic(
  () => import("./curves.tsx").then((module) => module.Curves),
  { ssr: false, loading },
);
const ShardsTable = dynamic(
  () => import("./shards-table.tsx").then((module) => module.ShardsTable),
  { ssr: false, loading },
);
const EventsLog = dynamic(
  () => import("./events-log.tsx").then((module) => module.EventsLog),
  { ssr: false, loading },
);
const Configuration = dynamic(
  () => import("./configuration.tsx").then((module) => module.Configuration),
  { ssr: false, loading },
);

const noShards: readonly Shard[] = [];

export function JobView() {
  const id = useAddress().get("id");
  if (id === undefined)
    return (
      <ErrorState
        error={new Error("The address names no job (?id=…).")}
        thing="job"
      />
    );
  return <JobById key={id} id={id} />;
}

function JobById({ id }: { readonly id: string }) {
  const data = useJobData(id);
  const { job } = data;
  if (job.data) return <JobPage {...data} job={job.data} />;
  if (job.isError)
    return (
      <ErrorState
        error={job.error}
        thing="job"
        onRetry={() => void job.refetch()}
      />
    );
  return <LoadingState rows={8} height={64} />;
}

type JobPageProps = Omit<ReturnType<typeof useJobData>, "job"> & {
  readonly job: Job;
};

function JobPage({ job, shards, patterns }: JobPageProps) {
  const address = useAddress();
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const classNames = useClassNames(job);
  const isSearch = job.kind === "search";
  const tabs = tabsOf(job.kind);
  const tab = tabs.find((each) => each === address.get("tab")) ?? tabs[0]!;
  const gallery = useMemo(
    () => [{ job, title: job.name, classNames }],
    [job, classNames],
  );
  const known = shards.data ?? noShards;
  return (
    <>
      <JobHeader job={job} canvasRef={canvasRef} />
      <JobTrouble job={job} shards={known} />
      <JobSummary job={job} />
      <Tabs
        value={tab}
        onChange={(value) =>
          address.set({ tab: value === tabs[0] ? "" : (value ?? "") })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {tabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {each === "map" && !isSearch ? "Overview" : names[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="models">
          {job.kind === "evaluate" ? (
            <Evaluations job={job} shards={known} />
          ) : job.kind === "audit" ? (
            <Audits job={job} shards={known} />
          ) : (
            <TrainedModels job={job} shards={known} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="map">
          <Paper withBorder p="md" radius="md" bg="var(--motif-surface)">
            {shards.isPending ? (
              <LoadingState rows={3} height={48} />
            ) : shards.isError ? (
              <ErrorState
                error={shards.error}
                thing="map"
                onRetry={() => void shards.refetch()}
              />
            ) : job.shards.total > mostShards ? (
              <Text c="dimmed">
                A job of so many shards has no map here. The table shows them.
              </Text>
            ) : (
              <HeatMap
                job={job}
                shards={known}
                known={patterns}
                classNames={classNames}
                canvasRef={canvasRef}
              />
            )}
          </Paper>
        </Tabs.Panel>
        {isSearch && (
          <>
            <Tabs.Panel value="gallery">
              <Stack>
                <LazyGallery models={gallery} />
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="curves">
              <Curves job={job} known={patterns} classNames={classNames} />
            </Tabs.Panel>
          </>
        )}
        <Tabs.Panel value="shards">
          <ShardsTable job={job} shards={known} />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <EventsLog job={job} shards={known} />
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <Configuration job={job} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

const names = {
  models: "Models",
  map: "Map",
  gallery: "Gallery",
  curves: "Curves",
  shards: "Shards",
  events: "Events",
  configuration: "Configuration",
} as const;
type Tab = keyof typeof names;

/** The first is shown unless the address says another. */
function tabsOf(kind: Job["kind"]): readonly Tab[] {
  switch (kind) {
    case "search":
      return ["map", "gallery", "curves", "shards", "events", "configuration"];
    case "train":
    case "evaluate":
    case "audit":
      return ["models", "shards", "events", "configuration"];
    default:
      return ["map", "shards", "events", "configuration"];
  }
}
