"use client";
/** The patterns of one search, or of several side by side, with everything that is chosen about them kept in the address. */
import {
  Drawer,
  Group,
  Paper,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import dynamic from "next/dynamic";
import { useCallback, useDeferredValue, useMemo } from "react";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import {
  chosenText,
  firstChoice,
  parseChosenK,
  type ChosenK,
} from "./chosen-k.ts";
import classes from "./gallery.module.css";
import { GalleryGrid } from "./gallery-grid.tsx";
import type {
  GalleryCell,
  GalleryModel,
  OpenPattern,
} from "./gallery-model.ts";
import type { GridModel } from "./grid-model.ts";
import { columnsOf, pictureSide, tileSizes } from "./gallery-layout.ts";
import {
  filterClasses,
  matchClasses,
  orderClasses,
  sortKeys,
  type SortKey,
} from "./order-classes.ts";
import {
  parsePlace,
  placeKey,
  type PatternRow,
  type PatternRows,
} from "./pattern-rows.ts";
import { plannedSearchOf } from "./planned-search.ts";
import { Legend } from "./legend.tsx";
import { wordsOfView } from "./save/words-of-view.ts";
import { kinds, type PictureKind } from "./sheet.ts";
import { SizeSlider } from "./size-slider.tsx";
import { useBackdrop } from "./use-backdrop.ts";
import { usePatternRows } from "./use-pattern-rows.ts";

const SaveGallery = dynamic(
  () => import("./save/save-gallery.tsx").then((file) => file.SaveGallery),
  { ssr: false },
);
const PatternDetail = dynamic(
  () =>
    import("./detail/pattern-detail.tsx").then((file) => file.PatternDetail),
  { ssr: false, loading: () => <Skeleton height={560} /> },
);

interface GalleryProps {
  /** One to eight. */
  readonly models: readonly GalleryModel[];
  /** Which of them decides the order of classes. */
  readonly baseline?: number;
}

const kindNames = Object.keys(kinds) as PictureKind[];
const sortNames: Readonly<Record<SortKey, string>> = {
  class: "By class",
  power: "By predictive power",
  kStar: "By k*, smallest first",
};

/** From here on the pattern that is open has room beside the grid; narrower, it lies over it. */
const wideFrom = "(min-width: 75em)";
/** In the address: nothing is open, where otherwise the strongest pattern would be. */
const nothing = "none";

export function Gallery({ models, baseline = 0 }: GalleryProps) {
  const isWide = useMediaQuery(wideFrom, false);
  const address = useAddress();
  const live = usePatternRows(models.map(({ job }) => job.id));
  const asked =
    kindNames.find((name) => name === address.get("view")) ?? "pattern";
  const { backdrop, refusal } = useBackdrop(
    models[baseline],
    asked === "pasted",
  );
  const kind = asked === "pasted" && refusal !== null ? "pattern" : asked;
  const sort = sortKeys.find((key) => key === address.get("sort")) ?? "class";
  const size = tileSizes.find((name) => name === address.get("size")) ?? "M";
  const filter = address.get("class") ?? "";
  const ks = live.find(({ rows }) => rows.ks.length > 0)?.rows.ks ?? [];
  const fractions =
    live.find(({ rows }) => rows.ks.length > 0)?.rows.fractions ?? [];
  const chosenK = address.get("k");
  const chosen = parseChosenK(chosenK, ks);
  // A slider that is dragged must not wait for the pictures.
  const shown = parseChosenK(useDeferredValue(chosenK), ks);
  const order = chosen === "star" ? firstChoice(ks) : chosen;

  const gridModels = useMemo(
    () => models.map((model, index) => gridModelOf(model, live[index]?.rows)),
    [models, live],
  );
  const classRows = useMemo(() => {
    const matched = matchClasses(models.map(({ classNames }) => classNames));
    const planned = matched.filter(({ indices }) =>
      indices.some(
        (index, model) =>
          index !== undefined && (gridModels[model]?.hasClass(index) ?? false),
      ),
    );
    const rows = live[baseline]?.rows;
    const ordered = rows
      ? orderClasses(planned, rows, baseline, sort, order)
      : planned;
    return filterClasses(ordered, filter);
  }, [models, gridModels, live, baseline, sort, order, filter]);

  const imageShape = live.find(({ rows }) => rows.imageShape.length > 0)?.rows
    .imageShape;
  const longest = Math.max(...(imageShape?.slice(1) ?? [0]));
  const side = pictureSide(longest > 112 ? Infinity : longest, size);

  const drawn = {
    ...{ models: gridModels, classRows, kind, side, backdrop },
    chosen: shown,
  };

  const placeText = address.get("pattern");
  const inJob = address.get("in");
  const selected = useMemo((): GalleryCell | null => {
    const place = parsePlace(placeText);
    if (!place) return null;
    const model = models.findIndex(({ job }) => job.id === inJob);
    return { ...place, model: Math.max(0, model) };
  }, [placeText, inJob, models]);
  const { set } = address;
  const select = useCallback(
    (cell: GalleryCell | null) => {
      set({
        pattern: cell ? placeKey(cell) : nothing,
        in: cell && models.length > 1 ? models[cell.model]?.job.id : undefined,
      });
    },
    [set, models],
  );
  const choose = useCallback(
    (next: ChosenK) => set({ k: chosenText(next, ks) }),
    [set, ks],
  );
  const press = (key: string) => {
    const view = kindNames[Number(key) - 1];
    if (view && (view !== "pasted" || refusal === null)) set({ view });
    if (key === "Escape") select(null);
    if (chosen === "star") return;
    if (key === "+" || key === "=") choose(Math.min(ks.length - 1, chosen + 1));
    if (key === "-") choose(Math.max(0, chosen - 1));
  };

  const error = live.find((one) => one.error !== null)?.error;
  if (error && gridModels.every(({ rows }) => rows.byPlace.size === 0))
    return <ErrorState error={error} thing="gallery" />;
  if (live.some(({ isLoading }) => isLoading) && imageShape === undefined)
    return <Skeleton height={480} radius="md" />;
  const strongest =
    isWide && placeText === undefined
      ? findStrongest(live[baseline]?.rows, baseline)
      : null;
  const cell = selected ?? strongest;
  const open = cell ? openOf(cell, models, gridModels, shown) : null;
  const detail = open && (
    <PatternDetail
      open={open}
      kind={kind}
      backdrop={backdrop}
      onClose={() => select(null)}
    />
  );
  return (
    <Stack gap="sm">
      <Paper withBorder p="sm" radius="md">
        <Group gap="md" align="flex-end">
          <SegmentedControl
            aria-label="What tiles show"
            value={kind}
            onChange={(view) => set({ view })}
            data={kindNames.map((value) => ({
              value,
              label: kinds[value],
              disabled: value === "pasted" && refusal !== null,
            }))}
          />
          <SizeSlider
            {...{ ks, fractions, chosen, choose }}
            isDisabled={kind === "canvas" || kind === "mask"}
          />
          <Select
            label="Order of classes"
            w={190}
            size="xs"
            allowDeselect={false}
            value={sort}
            onChange={(value) => set({ sort: value ?? undefined })}
            data={sortKeys.map((value) => ({ value, label: sortNames[value] }))}
          />
          <TextInput
            label="Class"
            size="xs"
            w={150}
            placeholder="name or number"
            value={filter}
            onChange={({ currentTarget }) =>
              set({ class: currentTarget.value })
            }
          />
          <SegmentedControl
            aria-label="Size of tiles"
            size="xs"
            value={size}
            onChange={(value) => set({ size: value })}
            data={[...tileSizes]}
          />
        </Group>
      </Paper>
      <Group justify="space-between" gap="sm">
        <Legend kind={kind} backdrop={backdrop} refusal={refusal} />
        <SaveGallery
          shown={{
            ...drawn,
            title: models.map(({ title }) => title).join(" and "),
            words: wordsOfView({
              kind,
              chosen: shown,
              ks,
              fractions,
              sort,
              filter,
              backdrop,
            }),
          }}
        />
      </Group>
      {classRows.length === 0 ? (
        <EmptyState
          title={
            filter === ""
              ? "This search has no classes"
              : `No class is called “${filter}”`
          }
        />
      ) : (
        <div className={classes.besides}>
          <GalleryGrid
            label={`Patterns of ${models.map(({ title }) => title).join(" and ")}`}
            {...drawn}
            selected={cell}
            onOpen={select}
            onKey={press}
          />
          {isWide && detail && (
            <Paper
              withBorder
              p="md"
              radius="md"
              style={{ flex: "1 1 400px", minWidth: 400 }}
            >
              {detail}
            </Paper>
          )}
        </div>
      )}
      {!isWide && (
        <Drawer.Root
          opened={detail !== null}
          onClose={() => select(null)}
          position="right"
          size="min(460px, 100vw)"
        >
          <Drawer.Overlay />
          <Drawer.Content aria-label="Pattern in detail">
            <Drawer.Body>{detail}</Drawer.Body>
          </Drawer.Content>
        </Drawer.Root>
      )}
    </Stack>
  );
}

interface PlannedGridModel extends GridModel {
  readonly hasClass: (index: number) => boolean;
}

function gridModelOf(
  { job, title }: GalleryModel,
  rows: GridModel["rows"] = {
    ks: [],
    fractions: [],
    imageShape: [],
    byPlace: new Map(),
  },
): PlannedGridModel {
  const planned = plannedSearchOf(job);
  const isOver = job.status !== "RUNNING" && job.status !== "PAUSED";
  const hasClass = (index: number) =>
    planned.classes === null || planned.classes.has(index);
  return {
    title,
    rows,
    columns: columnsOf(planned, rows.byPlace.values()),
    hasClass,
    // Of a search that is over nothing more is waited for.
    isPlanned: ({ targetClass, canvasIndex, seed }) =>
      !isOver &&
      hasClass(targetClass) &&
      planned.canvases.includes(canvasIndex) &&
      planned.seeds.includes(seed),
  };
}

/** The pattern of the smallest k*, or else of the largest power. */
function findStrongest(
  rows: PatternRows | undefined,
  model: number,
): GalleryCell | null {
  let best: PatternRow | null = null;
  const isStronger = (a: PatternRow, b: PatternRow) =>
    (a.kStar ?? Infinity) < (b.kStar ?? Infinity) ||
    (a.kStar === b.kStar && (a.power.at(-1) ?? 0) > (b.power.at(-1) ?? 0));
  for (const row of rows?.byPlace.values() ?? [])
    if (best === null || isStronger(row, best)) best = row;
  return best && { ...placeOf(best), model };
}

const placeOf = ({ targetClass, canvasIndex, seed }: PatternRow) => ({
  targetClass,
  canvasIndex,
  seed,
});

function openOf(
  cell: GalleryCell,
  models: readonly GalleryModel[],
  gridModels: readonly GridModel[],
  chosen: ChosenK,
): OpenPattern | null {
  const model = models[cell.model];
  const rows = gridModels[cell.model]?.rows;
  return model && rows
    ? {
        cell,
        model,
        row: rows.byPlace.get(placeKey(cell)),
        ks: rows.ks,
        chosen,
      }
    : null;
}
