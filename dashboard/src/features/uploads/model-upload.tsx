"use client";
/** One model that is to be added: its manifest, how far it is, and beside which field it was refused. */
import {
  Accordion,
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  Progress,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { formatSi } from "../../ui/format.ts";
import { StatusBadge } from "../../ui/status-badge.tsx";
import {
  emptyManifest,
  fieldOf,
  formOf,
  manifestOf,
  problemsOf,
  type ManifestField,
  type ManifestForm,
} from "./manifest-form.ts";
import { useModelUpload } from "./use-model-upload.ts";

/** A manifest is small; what is larger is something else. */
const largestManifest = 256 * 1024;

export function ModelUpload({
  file,
  manifestFile,
  dataset,
  onRemove,
}: {
  readonly file: File;
  readonly manifestFile: File | undefined;
  /** Name; "" while none is chosen. */
  readonly dataset: string;
  readonly onRemove: () => void;
}) {
  const { state, start, cancel } = useModelUpload(file);
  const [form, setForm] = useState<ManifestForm>(emptyManifest);
  const [known, setKnown] = useState<Readonly<Record<string, unknown>>>({});
  const [fileProblem, setFileProblem] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!manifestFile) return;
    readManifest(manifestFile).then(
      (manifest) => {
        setKnown(manifest);
        setForm(formOf(manifest));
      },
      (error: unknown) =>
        setFileProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [manifestFile]);
  const own = isAsked ? problemsOf(form) : {};
  const refusal =
    state.step === "refused"
      ? { field: fieldOf(state.problem), text: state.problem }
      : null;
  const problemAt = (field: ManifestField) =>
    own[field] ?? (refusal?.field === field ? refusal.text : undefined);
  const refusedField = refusal?.field;
  useEffect(() => {
    if (refusedField === undefined) return;
    root.current
      ?.querySelector<HTMLElement>(`[data-field="${refusedField}"]`)
      ?.focus();
  }, [refusedField]);
  const isBusy = state.step === "sending" || state.step === "checking";
  const send = () => {
    setAsked(true);
    if (dataset === "" || Object.keys(problemsOf(form)).length > 0) return;
    start(manifestOf(form, known), dataset);
  };
  const field = (name: ManifestField) => ({
    value: form[name],
    error: problemAt(name),
    disabled: isBusy || state.step === "ready",
    "data-field": name,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      setForm((last) => ({ ...last, [name]: currentTarget.value })),
  });
  const choice = (name: "layout" | "channelOrder") => ({
    ...field(name),
    value: form[name] === "" ? null : form[name],
    onChange: (value: string | null) =>
      setForm((last) => ({ ...last, [name]: value ?? "" })),
  });
  return (
    <Paper
      withBorder
      p="md"
      radius="md"
      ref={root}
      component="section"
      aria-label={file.name}
    >
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Stack gap={0} style={{ minWidth: 0 }}>
            <Text fw={600} className="name" dir="auto">
              {file.name}
            </Text>
            <Text size="xs" c="dimmed" className="numbers">
              {formatSi(file.size, "B")},{" "}
              {manifestFile
                ? `with ${manifestFile.name}`
                : "no manifest file beside it"}
            </Text>
          </Stack>
          <Group gap="xs" wrap="nowrap">
            {state.step === "ready" && <StatusBadge status="READY" />}
            {state.step === "checking" && <StatusBadge status="CHECKING" />}
            {state.step === "refused" && <StatusBadge status="REFUSED" />}
            {state.step === "sending" ? (
              <Button size="compact-sm" variant="default" onClick={cancel}>
                Cancel
              </Button>
            ) : (
              state.step !== "checking" && (
                <Button size="compact-sm" variant="default" onClick={onRemove}>
                  Remove
                </Button>
              )
            )}
          </Group>
        </Group>
        {state.step === "sending" && (
          <Progress
            value={state.share * 100}
            aria-label={`Upload of ${file.name}`}
          />
        )}
        {fileProblem !== null && (
          <Problem title="Its manifest cannot be read" text={fileProblem} />
        )}
        {refusal && (
          <Problem
            title={
              refusal.field === "file"
                ? "The model was refused"
                : refusal.field === "dataset"
                  ? "The data set does not fit"
                  : `The model was refused: see ${labels[refusal.field]}`
            }
            text={refusal.text}
          />
        )}
        {state.step === "ready" ? (
          <Text size="sm">
            It fits its data set
            {state.model.cleanAccuracy !== null &&
              `, with ${(state.model.cleanAccuracy * 100).toFixed(1)}% clean accuracy`}
            .{" "}
            <Anchor component={Link} href={`/model?id=${state.model.id}`}>
              To the model
            </Anchor>
          </Text>
        ) : (
          <>
            <Accordion
              variant="contained"
              chevronPosition="left"
              defaultValue={manifestFile ? null : "manifest"}
              key={String(refusal !== null)}
              {...(refusal && { defaultValue: "manifest" })}
            >
              <Accordion.Item value="manifest">
                <Accordion.Control>
                  <Text size="sm">
                    Manifest: what the file itself does not say
                  </Text>
                </Accordion.Control>
                <Accordion.Panel>
                  <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
                    <TextInput
                      label={labels.name}
                      placeholder={file.name.replace(/\.onnx$/i, "")}
                      {...field("name")}
                    />
                    <TextInput
                      label={labels.declaredAccuracy}
                      placeholder="not checked"
                      description="More than 1 point off is refused"
                      {...field("declaredAccuracy")}
                    />
                    <TextInput
                      label={labels.inputRange}
                      placeholder="0, 1"
                      description="What pixels of 0…255 are scaled to"
                      {...field("inputRange")}
                    />
                    <TextInput
                      label={labels.mean}
                      placeholder="0"
                      description="Subtracted, a number a channel"
                      {...field("mean")}
                    />
                    <TextInput
                      label={labels.std}
                      placeholder="1"
                      description="Divided by, a number a channel"
                      {...field("std")}
                    />
                    <TextInput
                      label={labels.inputSize}
                      placeholder="as the graph has it"
                      description="Height, width"
                      {...field("inputSize")}
                    />
                    <Select
                      label={labels.layout}
                      placeholder="as the graph has it"
                      clearable
                      data={["NCHW", "NHWC"]}
                      {...choice("layout")}
                    />
                    <Select
                      label={labels.channelOrder}
                      placeholder="RGB"
                      clearable
                      data={["RGB", "BGR"]}
                      {...choice("channelOrder")}
                    />
                    <Textarea
                      label={labels.classes}
                      placeholder="the data set’s"
                      description="Names by index, one a line"
                      autosize
                      maxRows={6}
                      {...field("classes")}
                    />
                  </SimpleGrid>
                </Accordion.Panel>
              </Accordion.Item>
            </Accordion>
            <Group>
              <Button onClick={send} loading={isBusy} disabled={dataset === ""}>
                {state.step === "refused" ? "Try again" : "Add"}
              </Button>
              {dataset === "" && (
                <Text size="sm" c="dimmed">
                  Choose its data set first.
                </Text>
              )}
              {state.step === "checking" && (
                <Text size="sm" c="dimmed" role="status">
                  A node holds it against {dataset} …
                </Text>
              )}
            </Group>
          </>
        )}
      </Stack>
    </Paper>
  );
}

const labels: Readonly<Record<ManifestField, string>> = {
  name: "Name",
  inputRange: "Input range",
  mean: "Mean",
  std: "Standard deviation",
  layout: "Layout",
  channelOrder: "Order of channels",
  inputSize: "Input size",
  classes: "Class names",
  declaredAccuracy: "Declared accuracy",
};

const Problem = ({
  title,
  text,
}: {
  readonly title: string;
  readonly text: string;
}) => (
  <Alert color="red" title={title}>
    <span className="name">{text}</span>
  </Alert>
);

async function readManifest(
  file: File,
): Promise<Readonly<Record<string, unknown>>> {
  if (file.size > largestManifest)
    throw new Error(
      `${file.name} is too large for a manifest. Is it the right file?`,
    );
  const text = (await file.text()).replace(/^\uFEFF/, "");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${file.name} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new Error(`${file.name}: an object is expected.`);
  return parsed as Readonly<Record<string, unknown>>;
}
