"use client";
/** Asks for a search, with the method's defaults filled in and its cost said before it is sent. */
import {
  Accordion,
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useRef, type ReactNode } from "react";
import { ApiProblem } from "../../api/api-problem.ts";
import { api, bodyOf } from "../../api/client.ts";
import { formatCount, formatDuration, formatSi } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { useModels } from "../models/models-query.ts";
import type { ListedModel } from "../../api/types.ts";
import {
  canvasSources,
  fieldIn,
  firstForm,
  presetNames,
  presetValues,
  problemsOf,
  repeatedForm,
  requestOf,
  type CanvasSource,
  type JobForm,
  type PresetName,
  type SearchDefaults,
} from "./job-form.ts";

const sourceWords: Readonly<Record<CanvasSource, string>> = {
  free: "Pixel values are searched as well: what a class can be made of at all, and so a backdoor’s trigger.",
  natural: "Pixel values from images of the class: what the paper shows.",
  noise: "Random pixel values.",
};
/** Between the last letter and the question what it would cost; milliseconds. */
const restMs = 400;

export function NewJobView() {
  const address = useAddress();
  const models = useModels();
  const defaults = useQuery({
    queryKey: ["search-defaults"],
    queryFn: () => bodyOf(api.GET("/api/jobs/defaults")),
    staleTime: Infinity,
  });
  const from = address.get("from");
  const repeated = useQuery({
    queryKey: ["job", from],
    queryFn: () =>
      bodyOf(api.GET("/api/jobs/{id}", { params: { path: { id: from! } } })),
    enabled: from !== undefined,
  });
  const error = models.error ?? defaults.error ?? repeated.error;
  if (error) return <ErrorState error={error} thing="form" />;
  if (!models.data || !defaults.data || repeated.isLoading)
    return <LoadingState rows={8} height={56} />;
  if (models.data.length === 0)
    return (
      <>
        <PageHeader title="New job" />
        <EmptyState
          title="There is no model to search yet"
          action={
            <Button component={Link} href="/new-model">
              Add models
            </Button>
          }
        >
          A search needs a model that was held against its data set.
        </EmptyState>
      </>
    );
  const wanted = address.get("model") ?? repeated.data?.model ?? undefined;
  const model = models.data.find(
    ({ name, id }) => name === wanted || id === wanted,
  );
  const first = firstForm(defaults.data, {
    model: model?.name,
    dataset:
      address.get("dataset") ??
      repeated.data?.dataset ??
      model?.dataset ??
      undefined,
  });
  return (
    <>
      <PageHeader title="New job" />
      <SearchForm
        first={
          repeated.data
            ? { ...repeatedForm(first, repeated.data.parameters), name: "" }
            : first
        }
        models={models.data}
        defaults={defaults.data}
      />
    </>
  );
}

function SearchForm({
  first,
  models,
  defaults,
}: {
  readonly first: JobForm;
  readonly models: readonly ListedModel[];
  readonly defaults: SearchDefaults;
}) {
  const router = useRouter();
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<JobForm>({
    mode: "controlled",
    initialValues: first,
    validate: (current) => problemsOf(current, defaults),
    validateInputOnBlur: true,
  });
  const { values } = form;
  /** Without the value, which a Select has in a form of its own. */
  const selectProps = (field: "model" | "dataset") => {
    const { error, onBlur } = form.getInputProps(field) as {
      readonly error?: ReactNode;
      readonly onBlur?: () => void;
    };
    return {
      error,
      ...(onBlur && { onBlur }),
      value: values[field] === "" ? null : values[field],
      "data-path": field,
    };
  };
  const submit = useMutation({
    mutationFn: (request: JobForm) =>
      bodyOf(api.POST("/api/jobs", { body: requestOf(request) })),
    onSuccess: ({ id }) => router.push(`/job?id=${id}`),
    onError: (error) => {
      const problems = fieldProblems(error);
      form.setErrors(problems);
      focusFirst(element.current, Object.keys(problems));
    },
  });
  const send = form.onSubmit(
    (valid) => submit.mutate(valid),
    (problems) => focusFirst(element.current, Object.keys(problems)),
  );
  useHotkeys([["mod+Enter", () => element.current?.requestSubmit()]], []);
  const model = models.find(({ name }) => name === values.model);
  const ready = (model?.checks ?? []).filter(
    ({ status }) => status === "READY",
  );
  const choosePreset = (preset: PresetName) =>
    form.setValues({ preset, ...presetValues(defaults, preset) });
  const summary =
    submit.error && Object.keys(fieldProblems(submit.error)).length === 0
      ? submit.error.message
      : null;
  return (
    <form ref={element} onSubmit={send} noValidate>
      <Group align="flex-start" gap="md">
        <Stack gap="md" style={{ flex: "2 1 420px", minWidth: 0 }}>
          <Paper withBorder p="md" radius="md">
            <Stack gap="md">
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <Select
                  label="Model"
                  required
                  searchable
                  limit={100}
                  nothingFoundMessage="There is no such model"
                  data={models.map(({ name, status }) => ({
                    value: name,
                    label: name,
                    disabled: status !== "READY",
                  }))}
                  {...selectProps("model")}
                  onChange={(name: string | null) => {
                    const chosen = models.find((each) => each.name === name);
                    form.setValues({
                      model: name ?? "",
                      dataset:
                        chosen?.checks.find(({ status }) => status === "READY")
                          ?.dataset ?? "",
                    });
                  }}
                />
                <Select
                  label="Data set"
                  required
                  description={
                    model && ready.length === 0
                      ? "This model was held against none yet that it fits."
                      : undefined
                  }
                  data={ready.map(({ dataset }) => dataset)}
                  {...selectProps("dataset")}
                  onChange={(name: string | null) =>
                    form.setFieldValue("dataset", name ?? "")
                  }
                />
              </SimpleGrid>
              <TextInput
                label="Classes"
                description={
                  model?.numClasses == null
                    ? "all, or numbers and ranges such as 0,3-5"
                    : `all, or numbers and ranges such as 0,3-5; there are ${formatCount(model.numClasses)}, from 0`
                }
                {...form.getInputProps("classes")}
              />
              <Stack gap={4}>
                <Text size="sm" fw={500} id="source-label">
                  Canvases
                </Text>
                <SegmentedControl
                  aria-labelledby="source-label"
                  data={canvasSources.map((value) => ({ value, label: value }))}
                  {...form.getInputProps("canvasSource")}
                />
                <Text size="xs" c="dimmed">
                  {sourceWords[values.canvasSource]}
                </Text>
              </Stack>
              <SimpleGrid cols={{ base: 2, sm: 3 }}>
                <NumberInput
                  label="Canvases a class"
                  min={1}
                  {...form.getInputProps("canvases")}
                />
                <NumberInput
                  label="Seeds"
                  min={1}
                  {...form.getInputProps("seeds")}
                />
                <NumberInput
                  label="Steps"
                  min={1}
                  thousandSeparator=" "
                  {...form.getInputProps("steps")}
                />
              </SimpleGrid>
              <TextInput
                label="Name"
                placeholder={`${values.model || "model"} on ${values.dataset || "data set"}`}
                {...form.getInputProps("name")}
              />
            </Stack>
          </Paper>
          <Accordion variant="contained" chevronPosition="left">
            <Accordion.Item value="more">
              <Accordion.Control>More settings</Accordion.Control>
              <Accordion.Panel>
                <Stack gap="md">
                  <Select
                    label="Preset"
                    description="default: ours; official: the numbers of the paper’s own code. Choosing one fills in its numbers."
                    allowDeselect={false}
                    data={[...presetNames]}
                    value={values.preset}
                    onChange={(name) =>
                      choosePreset(name === "official" ? "official" : "default")
                    }
                  />
                  <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }}>
                    <NumberInput
                      label="Batch"
                      description="Images a step"
                      min={1}
                      {...form.getInputProps("batchSize")}
                    />
                    <NumberInput
                      label="α"
                      description="Weight of the class; the mask’s size has 1 − α"
                      step={0.05}
                      decimalScale={4}
                      {...form.getInputProps("alpha")}
                    />
                    <NumberInput
                      label="Step size"
                      description="Of Adam"
                      step={0.01}
                      decimalScale={6}
                      {...form.getInputProps("stepSize")}
                    />
                    <NumberInput
                      label="Images to try on"
                      description="At most, a pattern"
                      min={1}
                      thousandSeparator=" "
                      {...form.getInputProps("evaluateImages")}
                    />
                    <NumberInput
                      label="Threshold"
                      description="Power that k* asks for"
                      step={0.05}
                      min={0}
                      max={1}
                      decimalScale={3}
                      {...form.getInputProps("threshold")}
                    />
                    <NumberInput
                      label="First seed"
                      description="Further ones count on"
                      min={0}
                      {...form.getInputProps("seed")}
                    />
                    <TextInput
                      label="Backend"
                      description="auto, or onnxruntime:cpu …"
                      {...form.getInputProps("backend")}
                    />
                    <NumberInput
                      label="Weight"
                      description="Share of the cluster"
                      min={1}
                      max={1000}
                      {...form.getInputProps("weight")}
                    />
                  </SimpleGrid>
                </Stack>
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
        </Stack>
        <Paper withBorder p="md" radius="md" style={{ flex: "1 1 260px" }}>
          <Stack gap="md">
            <Estimate values={values} defaults={defaults} />
            {summary !== null && (
              <Alert color="red" role="alert" title="The job was refused">
                {summary}
              </Alert>
            )}
            <Button type="submit" loading={submit.isPending}>
              Start the search
            </Button>
            <Text size="xs" c="dimmed">
              Ctrl+Enter starts it, too.
            </Text>
          </Stack>
        </Paper>
      </Group>
    </form>
  );
}

/** What it would come to, asked for when nothing has been typed for a moment. */
function Estimate({
  values,
  defaults,
}: {
  readonly values: JobForm;
  readonly defaults: SearchDefaults;
}) {
  const isComplete = Object.keys(problemsOf(values, defaults)).length === 0;
  const [settled] = useDebouncedValue(values, restMs);
  const estimate = useQuery({
    queryKey: ["estimate", settled],
    queryFn: ({ signal }) =>
      bodyOf(
        api.POST("/api/jobs/estimate", { body: requestOf(settled), signal }),
      ),
    enabled:
      isComplete && Object.keys(problemsOf(settled, defaults)).length === 0,
    placeholderData: (last) => last,
    gcTime: 0,
  });
  const { data, error } = estimate;
  return (
    <Stack gap={6} role="status" aria-live="polite" mih={150}>
      <Text size="sm" fw={600} component="h2">
        What it takes
      </Text>
      {!isComplete ? (
        <Text size="sm" c="dimmed">
          Said as soon as the form is complete.
        </Text>
      ) : error ? (
        <Text size="sm" c="var(--motif-failure)" className="name">
          {error.message}
        </Text>
      ) : (
        data && (
          <>
            <Text fz={26} fw={650} className="numbers" lh={1.2}>
              {data.seconds === null
                ? "No node is online"
                : `about ${formatDuration(Math.max(1, data.seconds))}`}
            </Text>
            <Text size="sm" className="numbers">
              {formatCount(data.searches)} searches in{" "}
              {formatCount(data.shards)} shards,{" "}
              {formatSi(data.imageGradients, "")} image gradients
            </Text>
            <Text size="xs" c="dimmed">
              {data.basis}
            </Text>
            {data.classesShortOfCanvases > 0 && (
              <Text size="xs">
                {formatCount(data.classesShortOfCanvases)} classes have fewer
                images than that to serve as canvas, and get as many as they
                have.
              </Text>
            )}
          </>
        )
      )}
    </Stack>
  );
}

function fieldProblems(error: Error): Partial<Record<string, string>> {
  if (!(error instanceof ApiProblem)) return {};
  if (error.fields.length > 0)
    return Object.fromEntries(
      error.fields.map(({ field, message }) => [field, message]),
    );
  const field = fieldIn(error.message);
  return field === null ? {} : { [field]: error.message };
}

function focusFirst(
  form: HTMLFormElement | null,
  fields: readonly string[],
): void {
  for (const field of fields) {
    const input = form?.querySelector<HTMLElement>(`[data-path="${field}"]`);
    if (!input) continue;
    input.focus();
    return;
  }
}
