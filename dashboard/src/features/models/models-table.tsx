"use client";
/** The table of models: whatever their number, only the rows in sight are there. */
import { Checkbox } from "@mantine/core";
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
import { useRouter } from "next/navigation";
import { memo, useCallback, useMemo, useRef, type KeyboardEvent } from "react";
import { formatCount } from "../../ui/format.ts";
import { groupRows, type GroupKey, type ModelRow } from "./model-rows.ts";
import { columnIds, columnOf } from "./models-columns.tsx";
import classes from "./models-table.module.css";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { text: sortFn_text },
});
const helper = createColumnHelper<typeof features, ModelRow>();
const columns = helper.columns(
  columnIds.map((id) => {
    const { sortBy, isText } = columnOf(id);
    return helper.accessor(sortBy, {
      id,
      sortUndefined: "last",
      ...(isText && { sortFn: "text" as const }),
    });
  }),
);

const rowHeight = 52;
const groupHeight = 40;
const overscan = 8;

interface ModelsTableProps {
  readonly rows: ModelRow[];
  readonly sorting: SortingState;
  readonly onSorting: (sorting: SortingState) => void;
  readonly group: GroupKey;
  readonly picked: ReadonlySet<string>;
  readonly onPick: (ids: readonly string[], isPicked: boolean) => void;
}

export function ModelsTable({
  rows,
  sorting,
  onSorting,
  group,
  picked,
  onPick,
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
  const pickedCount = useMemo(
    () => rows.filter(({ model }) => picked.has(model.id)).length,
    [rows, picked],
  );
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
              <Checkbox
                size="xs"
                aria-label="Pick all that are listed"
                checked={pickedCount === rows.length}
                indeterminate={pickedCount > 0 && pickedCount < rows.length}
                onChange={({ currentTarget }) =>
                  onPick(
                    rows.map(({ model }) => model.id),
                    currentTarget.checked,
                  )
                }
              />
            </th>
            {columnIds.map((id) => {
              const column = table.getColumn(id)!;
              const direction = column.getIsSorted();
              const { title, width, isNumber } = columnOf(id);
              return (
                <th
                  key={id}
                  scope="col"
                  data-number={isNumber}
                  style={{ width }}
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
                    {title}
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
  row,
  isPicked,
  onPick,
  onOpen,
}: {
  readonly index: number;
  readonly row: ModelRow;
  readonly isPicked: boolean;
  readonly onPick: (ids: readonly string[], isPicked: boolean) => void;
  readonly onOpen: (id: string) => void;
}) {
  const { model } = row;
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
          aria-label={`Pick ${model.name}`}
          onChange={({ currentTarget }) =>
            onPick([model.id], currentTarget.checked)
          }
        />
      </td>
      {columnIds.map((id) => {
        const { isHead, isNumber, className, hint, cell } = columnOf(id);
        return isHead ? (
          <th key={id} scope="row" className={className} dir="auto">
            {cell(row)}
          </th>
        ) : (
          <td
            key={id}
            className={isNumber ? "numbers" : className}
            data-number={isNumber}
            title={hint?.(row)}
          >
            {cell(row)}
          </td>
        );
      })}
    </tr>
  );
});
