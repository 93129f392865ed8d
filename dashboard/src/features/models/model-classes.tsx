"use client";
/** All classes of a search at a glance: what each needs, and which classes go over into which. */
import { Accordion, Group, Text } from "@mantine/core";
import { useMemo } from "react";
import { formatCount } from "../../ui/format.ts";
import { useAddress } from "../../ui/use-address.ts";
import type { GalleryModel } from "../gallery/gallery-model.ts";
import { placeKey, type PatternRow } from "../gallery/pattern-rows.ts";
import { usePatternRows } from "../gallery/use-pattern-rows.ts";
import classes from "./model-classes.module.css";
import { SourceMatrix } from "./source-matrix.tsx";

/** Beyond, a dot plot of classes is noise: the gallery can be sorted by k*. */
const mostClasses = 100;
/** A matrix asks for the whole of each class's best pattern. */
const mostInMatrix = 43;

export function ModelClasses({
  gallery,
}: {
  readonly gallery: readonly GalleryModel[];
}) {
  const [live] = usePatternRows(gallery.map(({ job }) => job.id));
  const classNames = gallery[0]?.classNames ?? [];
  const best = useMemo(() => {
    const byClass = new Map<number, PatternRow>();
    for (const row of live?.rows.byPlace.values() ?? []) {
      const known = byClass.get(row.targetClass);
      if (!known || isBetter(row, known)) byClass.set(row.targetClass, row);
    }
    return [...byClass.values()].sort((a, b) => a.targetClass - b.targetClass);
  }, [live]);
  if (!live || best.length === 0) return null;
  const largest = live.rows.ks.at(-1) ?? 1;
  return (
    <Accordion
      variant="contained"
      chevronPosition="left"
      multiple
      defaultValue={["sizes"]}
    >
      {best.length <= mostClasses && (
        <Accordion.Item value="sizes">
          <Accordion.Control>
            <Text size="sm">Pixels that each class needs (k*)</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <KStarPlot rows={best} largest={largest} classNames={classNames} />
          </Accordion.Panel>
        </Accordion.Item>
      )}
      {best.length > 1 && best.length <= mostInMatrix && (
        <Accordion.Item value="matrix">
          <Accordion.Control>
            <Text size="sm">From which class to which</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <SourceMatrix rows={best} classNames={classNames} />
          </Accordion.Panel>
        </Accordion.Item>
      )}
    </Accordion>
  );
}

const isBetter = (a: PatternRow, b: PatternRow): boolean =>
  (a.kStar ?? Infinity) < (b.kStar ?? Infinity) ||
  (a.kStar === b.kStar && (a.power.at(-1) ?? 0) > (b.power.at(-1) ?? 0));

/** A bar a class, from one pixel to k*, on a logarithmic scale; opening one opens its pattern. */
function KStarPlot({
  rows,
  largest,
  classNames,
}: {
  readonly rows: readonly PatternRow[];
  readonly largest: number;
  readonly classNames: readonly string[];
}) {
  const { set } = useAddress();
  const share = (k: number) =>
    largest <= 1 ? 1 : Math.max(0.02, Math.log(k) / Math.log(largest));
  const smallest = Math.min(...rows.map(({ kStar }) => kStar ?? Infinity));
  return (
    <div className={classes.plot}>
      {rows.map((row) => {
        const name = classNames[row.targetClass] ?? `class ${row.targetClass}`;
        return (
          <button
            key={row.targetClass}
            type="button"
            className={classes.bar}
            data-smallest={row.kStar === smallest || undefined}
            onClick={() => set({ pattern: placeKey(row) })}
          >
            <span className={classes.name} dir="auto">
              {name}
            </span>
            <span className={classes.track} aria-hidden="true">
              <span
                className={classes.fill}
                data-none={row.kStar === null || undefined}
                style={{
                  width: `${100 * (row.kStar === null ? 1 : share(row.kStar))}%`,
                }}
              />
            </span>
            <span className={classes.value}>
              {row.kStar === null
                ? `> ${formatCount(largest)}`
                : formatCount(row.kStar)}
            </span>
          </button>
        );
      })}
      <Group justify="flex-end">
        <Text size="xs" c="dimmed">
          Pixels of each class’s best pattern, logarithmic. Hatched: no measured
          size reaches the threshold.
        </Text>
      </Group>
    </div>
  );
}
