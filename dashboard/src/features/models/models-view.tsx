"use client";
/** All models: found, ordered, grouped, and picked to be compared. */
import {
  Button,
  Group,
  MultiSelect,
  Paper,
  Select,
  Text,
  TextInput,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { formatCount } from "../../ui/format.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { mostAudited, verdictFilters } from "../audits/audit-words.ts";
import { reviewStatuses, reviewWords } from "../reviews/review-words.ts";
import { CollectionExports } from "./collection-exports.tsx";
import {
  filterRows,
  groupKeys,
  parseSorting,
  rowsOf,
  sortingText,
} from "./model-rows.ts";
import { useModels } from "./models-query.ts";
import { columnIds } from "./models-columns.tsx";
import { ModelsTable } from "./models-table.tsx";

const TagsDialog = dynamic(
  () => import("./tags-dialog.tsx").then((file) => file.TagsDialog),
  { ssr: false },
);
const AuditDialog = dynamic(
  () => import("../audits/audit-dialog.tsx").then((file) => file.AuditDialog),
  { ssr: false },
);

const mostCompared = 8;
const settings = ["natural", "poisoned", "adversarial", "unknown"];
const statuses = [
  { value: "READY", label: "ready" },
  { value: "CHECKING", label: "being checked" },
  { value: "REFUSED", label: "refused" },
];
const groups = {
  none: "Not grouped",
  dataset: "By data set",
  setting: "By setting",
} as const;

export function ModelsView() {
  const models = useModels();
  const address = useAddress();
  const { set } = address;
  const [text, setText] = useState(address.get("q") ?? "");
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(models.data ?? []), [models.data]);
  const filter = {
    text,
    settings: address.list("setting"),
    statuses: address.list("status"),
    dataset: address.get("dataset"),
    tags: address.list("tag"),
    reviews: address.list("review"),
    verdicts: address.list("verdict"),
  };
  const filterKey = JSON.stringify(filter);
  // The letters that are typed come first; ten thousand rows follow when there is time.
  const deferredKey = useDeferredValue(filterKey);
  const filtered = useMemo(
    () => filterRows(rows, JSON.parse(deferredKey) as typeof filter),
    [rows, deferredKey],
  );
  const sortText = address.get("sort") ?? "name";
  const sorting = useMemo(() => parseSorting(sortText, columnIds), [sortText]);
  const datasets = useMemo(
    () => [...new Set(rows.flatMap(({ model }) => model.dataset ?? []))].sort(),
    [rows],
  );
  const tags = useMemo(
    () => [...new Set(rows.flatMap(({ model }) => model.tags))].sort(),
    [rows],
  );
  const [isTagging, setTagging] = useState(false);
  const [isAuditing, setAuditing] = useState(false);
  const group = groupKeys.find((key) => key === address.get("group")) ?? "none";
  const pick = useCallback((ids: readonly string[], isPicked: boolean) => {
    setPicked((last) => {
      const next = new Set(last);
      for (const id of ids)
        if (isPicked) next.add(id);
        else next.delete(id);
      return next;
    });
  }, []);
  const compare = useCompare();
  const add = (
    <Button component={Link} href="/new-model">
      Add models
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Models"
        actions={
          <>
            {picked.size > 0 && (
              <>
                <Button variant="subtle" onClick={() => setPicked(new Set())}>
                  Clear
                </Button>
                <Button variant="default" onClick={() => setTagging(true)}>
                  Tags of {formatCount(picked.size)}
                </Button>
                <Button
                  variant="default"
                  disabled={picked.size > mostAudited}
                  onClick={() => setAuditing(true)}
                >
                  {picked.size > mostAudited
                    ? `Audit ${formatCount(mostAudited)} at most`
                    : `Audit ${formatCount(picked.size)}`}
                </Button>
                <Button
                  variant="default"
                  disabled={picked.size < 2 || picked.size > mostCompared}
                  onClick={() => void compare([...picked])}
                >
                  {picked.size < 2
                    ? "Pick one more to compare"
                    : picked.size > mostCompared
                      ? `Compare ${mostCompared} at most`
                      : `Compare ${picked.size}`}
                </Button>
              </>
            )}
            <CollectionExports
              filter={{
                q: filter.text,
                setting: filter.settings,
                status: filter.statuses,
                dataset: filter.dataset,
                tag: filter.tags,
                review: filter.reviews,
                verdict: filter.verdicts,
              }}
            />
            {add}
          </>
        }
      />
      {models.error && !models.data ? (
        <ErrorState
          error={models.error}
          thing="list of models"
          onRetry={() => void models.refetch()}
        />
      ) : !models.data ? (
        <LoadingState rows={10} height={44} />
      ) : models.data.length === 0 ? (
        <EmptyState
          title="There are no models yet"
          command="npx motif models add model.onnx --dataset NAME"
          action={add}
        >
          A model is an ONNX file with a manifest, and belongs to a data set:
          add that first.
        </EmptyState>
      ) : (
        <>
          <Paper withBorder p="sm" radius="md" mb="sm">
            <Group gap="sm" align="flex-end">
              <TextInput
                label="Find"
                size="xs"
                placeholder="name or data set"
                w={130}
                value={text}
                onChange={({ currentTarget: { value } }) => {
                  setText(value);
                  set({ q: value });
                }}
              />
              <MultiSelect
                label="Setting"
                size="xs"
                w={115}
                placeholder={filter.settings.length === 0 ? "all" : ""}
                data={settings}
                value={[...filter.settings]}
                onChange={(setting) => set({ setting })}
              />
              <Select
                label="Data set"
                size="xs"
                w={130}
                placeholder="all"
                clearable
                searchable
                limit={100}
                data={datasets}
                value={filter.dataset ?? null}
                onChange={(dataset) => set({ dataset: dataset ?? undefined })}
              />
              <MultiSelect
                label="Tags"
                size="xs"
                w={130}
                searchable
                limit={100}
                placeholder={filter.tags.length === 0 ? "any" : ""}
                data={[...new Set([...tags, ...filter.tags])]}
                value={[...filter.tags]}
                onChange={(tag) => set({ tag })}
              />
              <MultiSelect
                label="Verdict"
                size="xs"
                w={140}
                placeholder={filter.verdicts.length === 0 ? "all" : ""}
                data={[...verdictFilters]}
                value={[...filter.verdicts]}
                onChange={(verdict) => set({ verdict })}
              />
              <MultiSelect
                label="Review"
                size="xs"
                w={115}
                placeholder={filter.reviews.length === 0 ? "all" : ""}
                data={reviewStatuses.map((value) => ({
                  value,
                  label: reviewWords[value],
                }))}
                value={[...filter.reviews]}
                onChange={(review) => set({ review })}
              />
              <MultiSelect
                label="State"
                size="xs"
                w={115}
                placeholder={filter.statuses.length === 0 ? "all" : ""}
                data={statuses}
                value={[...filter.statuses]}
                onChange={(status) => set({ status })}
              />
              <Select
                label="Groups"
                size="xs"
                w={125}
                allowDeselect={false}
                data={groupKeys.map((value) => ({
                  value,
                  label: groups[value],
                }))}
                value={group}
                onChange={(value) =>
                  set({
                    group: value === "none" ? undefined : (value ?? undefined),
                  })
                }
              />
              <Text
                size="xs"
                c="dimmed"
                className="numbers"
                pb={6}
                role="status"
              >
                {filtered.length === rows.length
                  ? `${formatCount(rows.length)} models`
                  : `${formatCount(filtered.length)} of ${formatCount(rows.length)} models`}
              </Text>
            </Group>
          </Paper>
          {filtered.length === 0 ? (
            <EmptyState
              title="No model fits"
              action={
                <Button
                  variant="default"
                  onClick={() => {
                    setText("");
                    set({
                      q: undefined,
                      setting: undefined,
                      status: undefined,
                      dataset: undefined,
                      tag: undefined,
                      review: undefined,
                      verdict: undefined,
                    });
                  }}
                >
                  Show all
                </Button>
              }
            />
          ) : (
            <ModelsTable
              rows={filtered}
              sorting={sorting}
              onSorting={(next) =>
                set({ sort: sortingText(next) || undefined })
              }
              group={group}
              picked={picked}
              onPick={pick}
            />
          )}
          {isTagging && (
            <TagsDialog
              models={models.data.filter(({ id }) => picked.has(id))}
              known={tags}
              onClose={() => setTagging(false)}
            />
          )}
          {isAuditing && (
            <AuditDialog
              models={models.data.filter(({ id }) => picked.has(id))}
              onClose={() => setAuditing(false)}
            />
          )}
        </>
      )}
    </>
  );
}

/** Opens the newest finished searches of models side by side. */
function useCompare() {
  const router = useRouter();
  return async (modelIds: readonly string[]) => {
    try {
      const searches = await Promise.all(
        modelIds.map((idOrName) =>
          bodyOf(
            api.GET("/api/models/{idOrName}/jobs", {
              params: { path: { idOrName } },
            }),
          ),
        ),
      );
      const jobs = searches.flatMap(
        (ofModel) =>
          ofModel.find(({ status }) => status === "SUCCEEDED") ??
          ofModel.find(({ shards }) => shards.succeeded > 0) ??
          [],
      );
      if (jobs.length < modelIds.length)
        notifications.show({
          title: "Not all of them can be compared",
          message: "Models without a pattern are left out.",
        });
      router.push(`/compare?jobs=${jobs.map(({ id }) => id).join(",")}`);
    } catch (error) {
      notifications.show({
        color: "red",
        title: "The models cannot be compared now",
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };
}
