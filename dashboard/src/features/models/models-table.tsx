"use client";
/** The table of models: whatever their number, only the rows in sight are there. */
import { Anchor, Checkbox, Text } from "@mantine/core";
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_text,
  tableFeatures,
  useTable,
  type SortingState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { memo, useCallback, useMemo, useRef, type KeyboardEvent } from "react";
import { formatCount, formatShare } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { groupRows, type GroupKey, type ModelRow } from "./model-rows.ts";
import classes from "./models-table.module.css";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { text: sortFn_text },
});
const helper = createColumnHelper<typeof features, ModelRow>();
const numeric = { sortUndefined: "last" } as const;
const columns = helper.columns([
  helper.accessor(({ model }) => model.name, { id: "name", sortFn: "text" }),
  helper.accessor(({ model }) => model.dataset ?? undefined, {
    id: "dataset",
    sortFn: "text",
    ...numeric,
  }),
  helper.accessor(({ model }) => model.setting, {
    id: "setting",
    sortFn: "text",
  }),
  helper.accessor(({ model }) => model.cleanAccuracy ?? undefined, {
    id: "clean",
    ...numeric,
  }),
  helper.accessor(({ model }) => model.robustAccuracy ?? undefined, {
    id: "robust",
    ...numeric,
  }),
  helper.accessor(({ model }) => model.numClasses ?? undefined, {
    id: "classes",
    ...numeric,
  }),
  helper.accessor(({ evidence }) => evidence.index ?? undefined, {
    id: "evidence",
    ...numeric,
  }),
  helper.accessor(({ model }) => model.lastJob?.createdAt, {
    id: "job",
    sortFn: "text",
    ...numeric,
  }),
  helper.accessor(({ model }) => model.createdAt, {
    id: "added",
    sortFn: "text",
  }),
]);

const titles = {
  name: "Name",
  dataset: "Data set",
  setting: "Setting",
  clean: "Clean accuracy",
  robust: "Robust accuracy",
  classes: "Classes",
  evidence: "What stands out",
  job: "Last job",
  added: "Added",
} as const;
type ColumnId = keyof typeof titles;
export const columnIds = Object.keys(titles) as ColumnId[];
const isNumber: ReadonlySet<string> = new Set(["clean", "robust", "classes"]);

const rowHeight = 52;
const groupHeight = 40;
const overscan = 8;

interface ModelsTableProps {
  readonly rows: ModelRow[];
  readonly sorting: SortingState;
  readonly onSorting: (sorting: SortingState) => void;
  readonly group: GroupKey;
  readonly picked: ReadonlySet<string>;
  readonly onPick: (id: string, isPicked: boolean) => void;
  /** No further ones may be picked. */
  readonly isFull: boolean;
}

export function ModelsTable({
  rows,
  sorting,
  onSorting,
  group,
  picked,
  onPick,
  isFull,
}: ModelsTableProps) {
  const router = useRouter();
  const scroller = useRef<HTMLDivElement>(null);
  const table = useTable({
    features,
    columns,
    data: rows,
    state: { sorting },
    onSortingChange: (change) =>
      onSorting(typeof change === "function" ? change(sorting) : change),
    getRowId: ({ model }) => model.id,
  });
  const sorted = table.getRowModel().rows;
  const entries = useMemo(
    () => groupRows(sorted, group, ({ original }) => original.model),
    [sorted, group],
  );
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) =>
      entries[index]?.kind === "group" ? groupHeight : rowHeight,
    overscan,
  });
  const items = virtualizer.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const open = useCallback(
    (id: string) => router.push(`/model?id=${id}`),
    [router],
  );
  /** From name to name by the arrow keys; those out of sight come into it. */
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest("tr");
    if (by === undefined || !row) return;
    event.preventDefault();
    let next = Number(row.dataset.index) + by;
    while (entries[next]?.kind === "group") next += by;
    if (!entries[next]) return;
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`tr[data-index="${next}"] a`)
        ?.focus(),
    );
  };
  return (
    <div ref={scroller} className={classes.scroller} tabIndex={-1}>
      <table
        className={classes.table}
        aria-label="Models"
        aria-rowcount={entries.length + 1}
        onKeyDown={press}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th className={classes.pick}>
              <span className={classes.hidden}>Pick</span>
            </th>
            {columnIds.map((id) => {
              const column = table.getColumn(id)!;
              const direction = column.getIsSorted();
              return (
                <th
                  key={id}
                  scope="col"
                  data-number={isNumber.has(id) || undefined}
                  aria-sort={
                    direction === "asc"
                      ? "ascending"
                      : direction === "desc"
                        ? "descending"
                        : undefined
                  }
                >
                  <button
                    type="button"
                    className={classes.sort}
                    onClick={column.getToggleSortingHandler()}
                    title="Shift and click: sort by this as well"
                  >
                    {titles[id]}
                    <span aria-hidden="true">
                      {direction === "asc"
                        ? " ↑"
                        : direction === "desc"
                          ? " ↓"
                          : ""}
                    </span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {above > 0 && (
            <tr aria-hidden="true" style={{ height: above }}>
              <td colSpan={columnIds.length + 1} />
            </tr>
          )}
          {items.map(({ index }) => {
            const entry = entries[index]!;
            return entry.kind === "group" ? (
              <tr
                key={`group ${entry.name}`}
                aria-rowindex={index + 2}
                className={classes.group}
              >
                <th
                  scope="rowgroup"
                  colSpan={columnIds.length + 1}
                  className="name"
                  dir="auto"
                >
                  {entry.name} <span>({formatCount(entry.count)})</span>
                </th>
              </tr>
            ) : (
              <Row
                key={entry.row.id}
                index={index}
                row={entry.row.original}
                isPicked={picked.has(entry.row.id)}
                isFull={isFull}
                onPick={onPick}
                onOpen={open}
              />
            );
          })}
          {below > 0 && (
            <tr aria-hidden="true" style={{ height: below }}>
              <td colSpan={columnIds.length + 1} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(function Row({
  index,
  row: { model, evidence },
  isPicked,
  isFull,
  onPick,
  onOpen,
}: {
  readonly index: number;
  readonly row: ModelRow;
  readonly isPicked: boolean;
  readonly isFull: boolean;
  readonly onPick: (id: string, isPicked: boolean) => void;
  readonly onOpen: (id: string) => void;
}) {
  const why =
    model.lastJob === null
      ? "Nothing has been searched of it yet"
      : !isPicked && isFull
        ? "Eight are picked already"
        : undefined;
  const problem = model.checks.find(
    ({ status }) => status === "REFUSED",
  )?.problem;
  return (
    <tr
      aria-rowindex={index + 2}
      data-index={index}
      aria-selected={isPicked}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest("a, input, button, label"))
          onOpen(model.id);
      }}
    >
      <td className={classes.pick}>
        <Checkbox
          size="xs"
          checked={isPicked}
          disabled={why !== undefined}
          title={why}
          aria-label={`Pick ${model.name} to compare`}
          onChange={({ currentTarget }) =>
            onPick(model.id, currentTarget.checked)
          }
        />
      </td>
      <th scope="row" className={classes.name} dir="auto">
        <Anchor
          component={Link}
          href={`/model?id=${model.id}`}
          prefetch={false}
          title={model.name}
        >
          {model.name}
        </Anchor>
      </th>
      <td
        className={classes.clip}
        dir="auto"
        title={model.dataset ?? undefined}
      >
        {model.dataset ?? "–"}
      </td>
      <td>{model.setting}</td>
      <td data-number className="numbers">
        {model.status === "READY" && model.cleanAccuracy !== null
          ? formatShare(model.cleanAccuracy)
          : model.status !== "READY" && <StatusBadge status={model.status} />}
      </td>
      <td data-number className="numbers">
        {model.robustAccuracy === null
          ? "–"
          : formatShare(model.robustAccuracy)}
      </td>
      <td data-number className="numbers">
        {model.numClasses === null ? "–" : formatCount(model.numClasses)}
      </td>
      <td className={classes.clip} title={problem ?? evidence.because}>
        {problem ? (
          <Text span size="sm" c="var(--motif-failure)" inherit>
            {problem}
          </Text>
        ) : (
          <>
            {evidence.word}
            {evidence.index !== null && (
              <Text span c="dimmed" size="xs" className="numbers">
                {" "}
                {evidence.index.toFixed(1)}
              </Text>
            )}
          </>
        )}
      </td>
      <td>
        {model.lastJob && (
          <Anchor
            component={Link}
            href={`/job?id=${model.lastJob.id}`}
            prefetch={false}
            underline="never"
          >
            <StatusBadge status={model.lastJob.status} />
          </Anchor>
        )}
      </td>
      <td className={classes.added}>
        <RelativeTime at={model.createdAt} />
      </td>
    </tr>
  );
});
