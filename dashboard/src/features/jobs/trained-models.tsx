/** A training's models, from before they are trained on, where those under way stand, and how the training of some of them goes. */
import { Skeleton, Stack, Text } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { mostLines } from "../../ui/line-look.ts";
import { useAddress } from "../../ui/use-address.ts";
import { chosenModels, hasCurves, keepChosen } from "./chosen-models.ts";
import { RunningTrainings } from "./running-trainings.tsx";
import { TrainedModelsTable } from "./trained-models-table.tsx";
import { useTrainedModels } from "./use-trained-models.ts";

const chartHeight = 260;

const EpochCharts = dynamic(
  () => import("./epoch-charts.tsx").then((module) => module.EpochCharts),
  { ssr: false, loading: () => <Skeleton height={chartHeight} /> },
);

export function TrainedModels({
  job,
  shards,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const address = useAddress();
  const models = useTrainedModels(job, shards);
  // The address follows a moment later: a box that waited for it would jump back, and the next click would not know of this one.
  const [kept, setKept] = useState(address.get("models"));
  const known = models.data ?? [];
  const chosen = chosenModels(known, kept);
  const pick = (index: number, isPicked: boolean) => {
    const next = keepChosen(chosen, index, isPicked);
    setKept(next);
    address.set({ models: next });
  };
  if (models.isPending)
    return (
      <LoadingState rows={Math.min(8, job.shards.total + 1)} height={52} />
    );
  if (models.isError)
    return (
      <ErrorState
        error={models.error}
        thing="list of models"
        onRetry={() => void models.refetch()}
      />
    );
  return (
    <Stack gap="lg">
      {job.status === "RUNNING" && <RunningTrainings models={known} />}
      <TrainedModelsTable
        models={known}
        picked={new Set(chosen.map(({ shardIndex }) => shardIndex))}
        isFull={chosen.length >= mostLines}
        onPick={pick}
      />
      {chosen.length > 0 ? (
        <EpochCharts models={chosen} height={chartHeight} />
      ) : (
        <Text c="dimmed">
          {known.some(hasCurves)
            ? "Tick a model to see how its training went."
            : `Curves come with the first epoch: ${whyNone[job.status]}`}
        </Text>
      )}
    </Stack>
  );
}

const whyNone: Readonly<Record<Job["status"], string>> = {
  RUNNING: "none has ended yet.",
  PAUSED: "the job is paused.",
  SUCCEEDED: "this job has none.",
  FAILED: "this job has none.",
  CANCELLED: "this job was cancelled before.",
};
