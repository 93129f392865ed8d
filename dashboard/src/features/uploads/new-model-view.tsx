"use client";
/** Adds models: files, their manifests, and the data set that they are held against. */
import { Button, Paper, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { FileDrop } from "./file-drop.tsx";
import { pairFiles } from "./manifest-form.ts";
import { ModelUpload } from "./model-upload.tsx";

interface Added {
  readonly key: number;
  readonly model: File;
  readonly manifest: File | undefined;
}

export function NewModelView() {
  const address = useAddress();
  const datasets = useQuery({
    queryKey: ["datasets"],
    queryFn: () => bodyOf(api.GET("/api/datasets")),
  });
  const [added, setAdded] = useState<readonly Added[]>([]);
  const [others, setOthers] = useState<readonly File[]>([]);
  if (datasets.error)
    return <ErrorState error={datasets.error} thing="list of data sets" />;
  if (!datasets.data) return <LoadingState />;
  const usable = datasets.data.filter(({ status }) => status !== "REFUSED");
  const wanted = address.get("dataset");
  const dataset =
    usable.find(({ id, name }) => id === wanted || name === wanted)?.name ??
    (usable.length === 1 ? usable[0]!.name : "");
  const take = (files: File[]) => {
    const { models, others: rest } = pairFiles(files);
    setOthers(rest);
    setAdded((last) => [
      ...last,
      ...models.map((pair, index) => ({
        ...pair,
        key: (last.at(-1)?.key ?? 0) + index + 1,
      })),
    ]);
  };
  return (
    <>
      <PageHeader title="Add models" />
      {usable.length === 0 ? (
        <EmptyState
          title="There is no data set yet"
          command="npx motif datasets add FOLDER --name NAME"
          action={
            <Button component={Link} href="/new-dataset">
              Add a data set
            </Button>
          }
        >
          A model is held against a data set when it is added: its clean
          accuracy is measured, and what does not fit is refused.
        </EmptyState>
      ) : (
        <Stack gap="md" maw={960}>
          <Paper withBorder p="md" radius="md">
            <Stack gap="md">
              <Select
                label="Data set"
                description="That the models belong to"
                required
                searchable
                limit={100}
                data={usable.map(({ name }) => name)}
                value={dataset === "" ? null : dataset}
                onChange={(name) => address.set({ dataset: name ?? undefined })}
                maw={420}
              />
              <FileDrop
                title="Drop models here, or choose files"
                says=".onnx, each with the .json of the same name that is its manifest; no code in a model is ever run"
                onFiles={take}
              />
              <div role="status">
                {others.length > 0 && (
                  <Text size="sm" className="name">
                    Left out, since no model has their name or they are no
                    .onnx: {others.map(({ name }) => name).join(", ")}
                  </Text>
                )}
              </div>
            </Stack>
          </Paper>
          {added.map(({ key, model, manifest }) => (
            <ModelUpload
              key={key}
              file={model}
              manifestFile={manifest}
              dataset={dataset}
              onRemove={() =>
                setAdded((last) => last.filter((each) => each.key !== key))
              }
            />
          ))}
        </Stack>
      )}
    </>
  );
}
