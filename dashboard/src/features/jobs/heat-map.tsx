/** A search's classes and canvases, filling up; or, of other kinds, a strip of shards. */
import {
  Group,
  NativeSelect,
  Stack,
  Text,
  useComputedColorScheme,
} from "@mantine/core";
import { useCallback, useMemo, type RefObject } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { useAddress } from "../../ui/use-address.ts";
import { CellGrid } from "./cell-grid.tsx";
import { searchGrid, shardGrid, countStates, type Cell } from "./cells.ts";
import { strengthColour, strengthOfK } from "./colours.ts";
import type { CellLook } from "./draw-grid.ts";
import { HeatMapLegend } from "./heat-map-legend.tsx";
import { plural, rangesOf } from "./job-words.ts";
import { placeKey, type PatternRows } from "../gallery/pattern-rows.ts";

export interface HeatMapProps {
  readonly job: Job;
  readonly shards: readonly Shard[];
  readonly known: PatternRows;
  /** Of the classes, by number; empty while unknown. */
  readonly classNames: readonly string[];
  readonly canvasRef?: RefObject<HTMLCanvasElement | null>;
}

export function HeatMap({
  job,
  shards,
  known,
  classNames,
  canvasRef,
}: HeatMapProps) {
  const address = useAddress();
  const scheme = useComputedColorScheme("light");
  const isSearch = job.kind === "search";
  const grid = useMemo(
    () =>
      isSearch ? searchGrid(shards, known.byPlace.values()) : shardGrid(shards),
    [isSearch, shards, known.byPlace],
  );
  const { ks, fractions } = known;
  const asked = Number(address.get("colour") ?? NaN);
  const kIndex = ks.indexOf(asked);

  const look = useCallback(
    (cell: Cell): CellLook => {
      if (cell.state === "working")
        return { fill: null, text: formatShare(cell.done, 0) };
      if (!isSearch) return { fill: strengthColour(0.7, scheme), text: "" };
      const { best } = cell;
      if (!best) return { fill: null, text: "" };
      if (kIndex >= 0) {
        const power = best.power[kIndex] ?? null;
        return power === null
          ? { fill: null, text: "" }
          : {
              fill: strengthColour(power, scheme),
              text: formatShare(power, 0),
            };
      }
      return best.kStar === null
        ? { fill: null, text: "" }
        : {
            fill: strengthColour(strengthOfK(best.kStar, ks), scheme),
            text: formatCount(best.kStar),
          };
    },
    [isSearch, kIndex, ks, scheme],
  );
  const columnName = useCallback(
    (value: number) =>
      isSearch ? (classNames[value] ?? String(value)) : String(value),
    [isSearch, classNames],
  );
  const describe = (cell: Cell) =>
    isSearch
      ? describeCell(
          cell,
          grid.columns[cell.column]!,
          grid.rows[cell.row]!,
          known,
          classNames,
        )
      : `Shard ${grid.columns[cell.column]}: ${stateWords(cell)}`;
  const hrefOf = (cell: Cell) =>
    cell.best
      ? patternHref(job, placeKey(cell.best))
      : `/job?id=${job.id}&tab=shards&shard=${cell.shards[0] ?? 0}`;

  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Text fw={600} component="h2">
          {isSearch ? "Classes and canvases" : "Shards"}
        </Text>
        {ks.length > 0 && (
          <NativeSelect
            size="xs"
            label="Coloured by"
            value={kIndex >= 0 ? String(asked) : ""}
            onChange={({ currentTarget: { value } }) =>
              address.set({ colour: value })
            }
            data={[
              { value: "", label: "k*, smallest pattern that works" },
              ...ks.map((k, i) => ({
                value: String(k),
                label: `Power with ${formatCount(k)} pixels (${formatShare(fractions[i] ?? 0)})`,
              })),
            ]}
          />
        )}
      </Group>
      <CellGrid
        grid={grid}
        label={
          isSearch
            ? `${plural(grid.columns.length, "class", "classes")}, ${plural(grid.rows.length, "canvas", "canvases")} each`
            : plural(grid.columns.length, "shard")
        }
        look={look}
        describe={describe}
        hrefOf={hrefOf}
        columnName={columnName}
        {...(canvasRef && { canvasRef })}
      />
      <HeatMapLegend
        counts={countStates(grid)}
        scheme={scheme}
        isSearch={isSearch}
        ks={ks}
        power={kIndex >= 0}
        hasUnreached={grid.cells.some(
          (cell) => cell?.state === "done" && look(cell).fill === null,
        )}
      />
    </Stack>
  );
}

export const patternHref = (job: Job, pattern: string): string =>
  `/model?id=${job.modelId ?? ""}&job=${job.id}&pattern=${pattern}`;

function stateWords({ state, done }: Cell): string {
  switch (state) {
    case "waiting":
      return "waits for a node";
    case "working":
      return `on a node, ${formatShare(done, 0)} done`;
    case "retrying":
      return "failed, waits to be tried again";
    case "dead":
      return "given up";
    case "cancelled":
      return "cancelled";
    case "done":
      return "done";
  }
}

function describeCell(
  cell: Cell,
  targetClass: number,
  canvasIndex: number,
  { ks, fractions }: PatternRows,
  classNames: readonly string[],
): string {
  const name = classNames[targetClass];
  const where = `Class ${targetClass}${name === undefined ? "" : ` ${name}`}, canvas ${canvasIndex}`;
  const { best, found, searches } = cell;
  const seeds = searches > 1 ? ` (${found} of ${searches} seeds)` : "";
  if (!best)
    return `${where}: ${stateWords(cell)}${seeds}; ${cell.shards.length === 1 ? "shard" : "shards"} ${rangesOf(cell.shards)}`;
  const at = best.kStar === null ? -1 : ks.indexOf(best.kStar);
  const size =
    best.kStar === null
      ? "no size reaches the threshold"
      : `k* ${plural(best.kStar, "pixel")}${at >= 0 ? ` (${formatShare(fractions[at]!)})` : ""}`;
  const power = best.power.findLast((value) => value !== null);
  const most =
    power == null ? "" : `, power ${formatShare(power)} with the most pixels`;
  return `${where}: ${stateWords(cell)}${seeds}; ${size}${most}`;
}
