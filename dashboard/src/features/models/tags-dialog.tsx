"use client";
/** Puts tags on models and takes them off, all of those that were picked at once. */
import {
  Alert,
  Button,
  Group,
  Modal,
  MultiSelect,
  Stack,
  TagsInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { formatCount } from "../../ui/format.ts";

interface TaggedModel {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/** What REST takes at once. */
const mostModels = 1_000;
const mostTags = 50;
const fit = /^[a-z0-9._-]{1,40}$/;

interface TagsDialogProps {
  readonly models: readonly TaggedModel[];
  /** Tags that there are anywhere. */
  readonly known: readonly string[];
  readonly onClose: () => void;
}

export function TagsDialog({ models, known, onClose }: TagsDialogProps) {
  const client = useQueryClient();
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const own = [...new Set(models.flatMap(({ tags }) => tags))].sort();
  const change = useMutation({
    async mutationFn() {
      for (let from = 0; from < models.length; from += mostModels)
        await bodyOf(
          api.POST("/api/models/tags", {
            body: {
              models: models.slice(from, from + mostModels).map(({ id }) => id),
              add,
              remove,
            },
          }),
        );
    },
    onSuccess: () => onClose(),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["models"] });
      void client.invalidateQueries({ queryKey: ["model"] });
    },
  });
  const [only] = models;
  const wrong = add.find((tag) => !fit.test(tag));
  return (
    <Modal
      opened
      onClose={onClose}
      title={
        models.length === 1
          ? `Tags of ${only?.name}`
          : `Tags of ${formatCount(models.length)} models`
      }
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wrong === undefined) change.mutate();
        }}
      >
        <Stack gap="md">
          <TagsInput
            label="Put on"
            description="Letters, digits, “.”, “_” and “-”. Enter after each."
            data={known.filter((tag) => !remove.includes(tag))}
            maxTags={mostTags}
            limit={50}
            acceptValueOnBlur
            openOnFocus={false}
            value={add}
            onChange={(tags) =>
              setAdd([...new Set(tags.map((tag) => tag.trim().toLowerCase()))])
            }
            error={wrong === undefined ? undefined : `“${wrong}” is no tag`}
            data-autofocus
          />
          {own.length > 0 && (
            <MultiSelect
              label="Take off"
              searchable
              data={own.filter((tag) => !add.includes(tag))}
              value={remove}
              onChange={setRemove}
              maxValues={mostTags}
            />
          )}
          {change.error && (
            <Alert color="red" title="The tags were not changed">
              <span className="name">{change.error.message}</span>
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Leave them
            </Button>
            <Button
              type="submit"
              loading={change.isPending}
              disabled={wrong !== undefined || add.length + remove.length === 0}
            >
              Change the tags
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
