"use client";
/** Asks for an audit of one model or of many. */
import {
  Alert,
  Button,
  Group,
  Modal,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Audit, Model } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";
import { methodWords } from "./audit-words.ts";
import { CleanModelsField } from "./clean-models-field.tsx";
import { fewestCleanModels, type CleanModel } from "./clean-models.ts";

type AuditedModel = Pick<Model, "id" | "name" | "dataset">;

const methods = ["motif", "neural-cleanse"] as const;

interface Choice {
  readonly dataset: string | null;
  readonly models: readonly CleanModel[];
}

interface AuditDialogProps {
  /** At least one, at most `mostAudited`. */
  readonly models: readonly AuditedModel[];
  readonly onClose: () => void;
}

export function AuditDialog({ models, onClose }: AuditDialogProps) {
  const router = useRouter();
  const datasets = useQuery({
    queryKey: ["datasets"],
    queryFn: () => bodyOf(api.GET("/api/datasets")),
  });
  const ready = (datasets.data ?? []).filter(
    ({ status }) => status === "READY",
  );
  const [picked, setPicked] = useState<string | null>(null);
  const dataset = picked ?? usualDatasetOf(models);
  const [method, setMethod] = useState<Audit["method"]>("motif");
  const [isExhaustive, setExhaustive] = useState(false);
  const [isBeside, setBeside] = useState(false);
  const [choice, setChoice] = useState<Choice>({ dataset: null, models: [] });
  // Clean models were audited on one data set; for another there are others.
  const clean = choice.dataset === dataset ? choice.models : [];
  const isCompared = method === "motif" && isBeside;
  const canSubmit =
    dataset !== null && (!isCompared || clean.length >= fewestCleanModels);
  const submit = useMutation({
    mutationFn: (on: string) =>
      bodyOf(
        api.POST("/api/jobs", {
          body: {
            kind: "audit",
            models: models.map(({ id }) => id),
            dataset: on,
            method,
            isExhaustive: method === "motif" && isExhaustive,
            ...(isCompared && { clean: clean.map(({ id }) => id) }),
          },
        }),
      ),
    onSuccess: ({ id }) => router.push(`/job?id=${id}`),
  });
  const others = models.filter((model) => model.dataset !== dataset).length;
  const [only] = models;
  return (
    <Modal
      opened
      onClose={onClose}
      title={
        models.length === 1
          ? `Audit of ${only?.name}`
          : `Audit of ${formatCount(models.length)} models`
      }
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (canSubmit) submit.mutate(dataset);
        }}
      >
        <Stack gap="md">
          <Select
            label="Data set"
            description="Images that changes are searched and tried on."
            searchable
            limit={100}
            allowDeselect={false}
            openOnFocus={false}
            data={[
              ...new Set([
                ...(dataset === null ? [] : [dataset]),
                ...ready.map(({ name }) => name),
              ]),
            ].sort()}
            value={dataset}
            onChange={setPicked}
            error={datasets.error?.message}
            data-autofocus
          />
          {others > 0 && dataset !== null && (
            <Text size="sm" role="status">
              {others === models.length && models.length === 1
                ? "The model belongs to another data set"
                : `${formatCount(others)} of them ${others === 1 ? "belongs" : "belong"} to another data set`}
              : what does not fit its images and classes is refused by name.
            </Text>
          )}
          <Stack gap={4}>
            <Text size="sm" fw={500} id="audit-method">
              Method
            </Text>
            <SegmentedControl
              aria-labelledby="audit-method"
              value={method}
              onChange={(value) => setMethod(value)}
              data={methods.map((value) => ({
                value,
                label: methodWords[value],
              }))}
            />
            <Text size="xs" c="dimmed">
              {method === "motif"
                ? "Several kinds of small change; a probability of a backdoor."
                : "The baseline: a patch for each class, judged by its size. It gives no probability, and does not count in the list of models."}
            </Text>
          </Stack>
          {method === "motif" && (
            <Switch
              label="Search every class at length"
              description="Nothing is skipped; it takes several times as long."
              checked={isExhaustive}
              onChange={({ currentTarget }) =>
                setExhaustive(currentTarget.checked)
              }
            />
          )}
          {method === "motif" && (
            <Switch
              label="Compare with clean models"
              description="Classes are compared with what each of them needs in models that you believe to be clean, of the same kind. That tells far more."
              checked={isBeside}
              onChange={({ currentTarget }) => setBeside(currentTarget.checked)}
            />
          )}
          {isCompared && dataset !== null && (
            <CleanModelsField
              key={dataset}
              dataset={dataset}
              audited={new Set(models.map(({ id }) => id))}
              chosen={clean}
              onChange={(chosen) => setChoice({ dataset, models: chosen })}
            />
          )}
          {submit.error && (
            <Alert color="red" title="The audit was not started">
              <span className="name">{submit.error.message}</span>
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <Button
              type="submit"
              loading={submit.isPending}
              disabled={!canSubmit}
            >
              {models.length === 1
                ? "Audit the model"
                : `Audit ${formatCount(models.length)} models`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The data set that most of them belong to. */
function usualDatasetOf(models: readonly AuditedModel[]): string | null {
  const counts = new Map<string, number>();
  for (const { dataset } of models)
    if (dataset !== null) counts.set(dataset, (counts.get(dataset) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
