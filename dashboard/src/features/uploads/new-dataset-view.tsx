"use client";
/** Adds a data set: an archive of image folders, or the files of MNIST's or CIFAR's kind. */
import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  Progress,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { ApiProblem } from "../../api/api-problem.ts";
import { api, bodyOf } from "../../api/client.ts";
import type { Dataset } from "../../api/types.ts";
import { followStream } from "../../live/event-source.ts";
import { formatCount, formatSi } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { FileDrop } from "./file-drop.tsx";
import { uploadFile } from "./upload-file.ts";

type State =
  | { readonly step: "waiting" }
  | { readonly step: "sending"; readonly share: number }
  | { readonly step: "inspecting"; readonly dataset: Dataset }
  | { readonly step: "ready"; readonly dataset: Dataset }
  | {
      readonly step: "refused";
      readonly problem: string;
      readonly isAboutName: boolean;
    };

export function NewDatasetView() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [name, setName] = useState("");
  const [split, setSplit] = useState("");
  const [state, setState] = useState<State>({ step: "waiting" });
  const abort = useRef<AbortController>(undefined);
  const stop = useRef<() => void>(undefined);
  useEffect(
    () => () => {
      abort.current?.abort();
      stop.current?.();
    },
    [],
  );
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const run = async (signal: AbortSignal) => {
    setState({ step: "sending", share: 0 });
    const stored: { name: string; sha256: string }[] = [];
    let sent = 0;
    for (const file of files) {
      const { sha256 } = await uploadFile(file, signal, (share) =>
        setState({
          step: "sending",
          share: (sent + share * file.size) / Math.max(1, bytes),
        }),
      );
      sent += file.size;
      stored.push({ name: file.name, sha256 });
    }
    const dataset = await bodyOf(
      api.POST("/api/datasets", {
        body: {
          name: name.trim(),
          files: stored,
          ...(split.trim() !== "" && { split: split.trim() }),
        },
        signal,
      }),
    );
    follow(dataset);
  };
  const follow = (dataset: Dataset) => {
    if (dataset.status === "READY" || dataset.jobId === null) {
      setState({ step: "ready", dataset });
      return;
    }
    setState({ step: "inspecting", dataset });
    const look = async () => {
      const now = await bodyOf(
        api.GET("/api/datasets/{idOrName}", {
          params: { path: { idOrName: dataset.id } },
        }),
      );
      if (now.status === "CHECKING") return;
      stop.current?.();
      setState(
        now.status === "READY"
          ? { step: "ready", dataset: now }
          : {
              step: "refused",
              problem: now.problem ?? "No reason was given.",
              isAboutName: false,
            },
      );
    };
    const ignore = () => {};
    stop.current = followStream(dataset.jobId, null, {
      onEvent: () => void look().catch(ignore),
      onFollowing: () => void look().catch(ignore),
    });
  };
  const send = () => {
    abort.current = new AbortController();
    run(abort.current.signal).catch((error: unknown) => {
      const isCancelled =
        error instanceof DOMException && error.name === "AbortError";
      setState(
        isCancelled
          ? { step: "waiting" }
          : {
              step: "refused",
              problem: error instanceof Error ? error.message : String(error),
              isAboutName:
                error instanceof ApiProblem &&
                (error.fields.some(({ field }) => field === "name") ||
                  error.code === "conflict"),
            },
      );
    });
  };
  const isBusy = state.step === "sending" || state.step === "inspecting";
  const isReady = files.length > 0 && name.trim() !== "";
  return (
    <>
      <PageHeader title="Add a data set" />
      <Stack gap="md" maw={820}>
        <Paper withBorder p="md" radius="md">
          <Stack gap="md">
            <TextInput
              label="Name"
              required
              value={name}
              disabled={isBusy}
              maxLength={200}
              error={
                state.step === "refused" && state.isAboutName
                  ? state.problem
                  : undefined
              }
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              maw={420}
            />
            <TextInput
              label="Split"
              description="Of those in the files, such as test; empty for the default"
              value={split}
              disabled={isBusy}
              onChange={({ currentTarget }) => setSplit(currentTarget.value)}
              maw={420}
            />
            <FileDrop
              title="Drop files here, or choose them"
              says="a .tar or .tar.gz of one folder a class, IDX files (.gz, too), or CIFAR’s binary files"
              isDisabled={isBusy}
              onFiles={(chosen) => {
                setFiles(chosen);
                setState({ step: "waiting" });
                if (name === "" && chosen[0])
                  setName(chosen[0].name.replace(/\.(tar|gz|tgz)/gi, ""));
              }}
            />
            {files.length > 0 && (
              <Text size="sm" className="name numbers">
                {files.map((file) => file.name).join(", ")} (
                {formatSi(bytes, "B")})
              </Text>
            )}
            {state.step === "sending" && (
              <Progress value={state.share * 100} aria-label="Upload" />
            )}
            {state.step === "refused" && !state.isAboutName && (
              <Alert color="red" title="The data set was refused">
                <span className="name">{state.problem}</span>
              </Alert>
            )}
            <Group>
              {state.step !== "ready" && (
                <Button onClick={send} disabled={!isReady} loading={isBusy}>
                  {state.step === "refused" ? "Try again" : "Add"}
                </Button>
              )}
              {state.step === "sending" && (
                <Button
                  variant="default"
                  onClick={() => abort.current?.abort()}
                >
                  Cancel
                </Button>
              )}
              <div role="status">
                {state.step === "inspecting" && (
                  <Text size="sm" c="dimmed">
                    A node reads it to its end …
                  </Text>
                )}
                {state.step === "ready" && (
                  <Text size="sm">
                    {formatCount(state.dataset.imageCount ?? 0)} images of{" "}
                    {formatCount(state.dataset.classNames.length)} classes.{" "}
                    <Anchor
                      component={Link}
                      href={`/dataset?id=${state.dataset.id}`}
                    >
                      To the data set
                    </Anchor>
                    {" · "}
                    <Anchor
                      component={Link}
                      href={`/new-model?dataset=${state.dataset.id}`}
                    >
                      Add its models
                    </Anchor>
                  </Text>
                )}
              </div>
            </Group>
          </Stack>
        </Paper>
      </Stack>
    </>
  );
}
