/** How the search of one pattern went: loss and mask size over its steps. */
import { Alert, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useMemo } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Job } from "../../api/types.ts";
import { ErrorState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import {
  comparePlaces,
  placeKey,
  type PatternRow,
  type PatternRows,
} from "../gallery/pattern-rows.ts";

const height = 240;

const CurveChart = dynamic(
  () => import("../../ui/curve-chart.tsx").then((module) => module.CurveChart),
  { ssr: false, loading: () => <Skeleton height={height} /> },
);

export function Curves({
  job,
  known,
  classNames,
}: {
  readonly job: Job;
  readonly known: PatternRows;
  readonly classNames: readonly string[];
}) {
  const address = useAddress();
  const patterns = useMemo(
    () => [...known.byPlace.values()].sort(comparePlaces),
    [known.byPlace],
  );
  const selected = known.byPlace.get(address.get("curve") ?? "") ?? patterns[0];
  if (!selected)
    return (
      <Text c="dimmed">
        Curves come with the first pattern:{" "}
        {job.status === "RUNNING"
          ? "a node is at work on it."
          : "this job has none."}
      </Text>
    );
  return (
    <Stack gap="md">
      <Select
        label="Pattern"
        maw={420}
        searchable
        allowDeselect={false}
        limit={200}
        value={placeKey(selected)}
        onChange={(value) => address.set({ curve: value ?? "" })}
        data={patterns.map((pattern) => ({
          value: placeKey(pattern),
          label: nameOf(pattern, classNames),
        }))}
      />
      <Trace pattern={selected} />
    </Stack>
  );
}

function nameOf(
  { targetClass, canvasIndex, seed }: PatternRow,
  classNames: readonly string[],
): string {
  const name = classNames[targetClass];
  return `Class ${targetClass}${name === undefined ? "" : ` ${name}`}, canvas ${canvasIndex}, seed ${seed}`;
}

function Trace({ pattern }: { readonly pattern: PatternRow }) {
  const detail = useQuery({
    queryKey: ["pattern", pattern.id],
    queryFn: () =>
      bodyOf(
        api.GET("/api/patterns/{id}", { params: { path: { id: pattern.id } } }),
      ),
    staleTime: Infinity,
  });
  if (detail.isPending)
    return (
      <Group grow>
        <Skeleton height={height} />
        <Skeleton height={height} />
      </Group>
    );
  if (detail.isError)
    return (
      <ErrorState
        error={detail.error}
        thing="curve"
        onRetry={() => void detail.refetch()}
      />
    );
  const { trace } = detail.data;
  if (!trace)
    return (
      <Alert color="gray" title="This search has no curves">
        Its node did not keep them. New searches have them.
      </Alert>
    );
  const of = (values: readonly number[]) =>
    trace.steps.map((step, i) => ({ step, value: values[i]! }));
  return (
    <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
      <CurveChart name="Loss" height={height} points={of(trace.loss)} />
      <CurveChart
        name="Mask size (L1)"
        height={height}
        points={of(trace.maskL1)}
      />
    </Group>
  );
}
