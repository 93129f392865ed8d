"use client";
/** The classes of a data set with a few of their images: a row each, whatever their number. */
import { Anchor, Paper, Text, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useEffect, useRef } from "react";
import type { Dataset, ListedModel } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";
import classes from "./class-list.module.css";
import { sampleScale } from "./sample-place.ts";
import { SampleStrip } from "./sample-strip.tsx";

const plainHeight = 40;
/** Above and beneath a row's samples together. */
const sampleRoom = 16;
/** Of the line above the samples where they have no room beside it (class-list.module.css). */
const lineHeight = 32;

/** So many are all there at once; more scroll in a box of their own. */
const shownWhole = 24;

/** @param names of the classes; those of IDX files are given by the models alone */
export function ClassList({
  dataset,
  names,
  models,
}: {
  readonly dataset: Dataset;
  readonly names: readonly string[];
  readonly models: readonly ListedModel[];
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 62em)", false);
  const { imagesByClass, samples } = dataset;
  const rowHeight =
    samples === null
      ? plainHeight
      : samples.height * sampleScale(samples) +
        sampleRoom +
        (isNarrow ? lineHeight : 0);
  const virtualizer = useVirtualizer({
    count: names.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  // Whether it is narrow is known after the first look.
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const searched = models.find(({ lastJob }) => lastJob?.kind === "search");
  return (
    <Paper withBorder p="md" radius="md">
      <Title order={2} size="h4" mb="xs">
        Classes
      </Title>
      {dataset.status === "READY" && samples === null && (
        <Text size="sm" c="dimmed" mb="xs">
          Its inspection drew no sample images: it is older than they are, or
          there are too many classes. Added again under another name, a data set
          is inspected anew.
        </Text>
      )}
      {names.length === 0 ? (
        <Text c="dimmed">Known once a node has read the data set.</Text>
      ) : (
        <div
          ref={scroller}
          className={classes.scroller}
          style={names.length > shownWhole ? undefined : { maxHeight: "none" }}
          tabIndex={0}
          role="list"
          aria-label={`${formatCount(names.length)} classes`}
        >
          <div
            role="presentation"
            style={{
              height: virtualizer.getTotalSize(),
              position: "relative",
            }}
          >
            {virtualizer.getVirtualItems().map(({ index, start }) => {
              const name = names[index]!;
              const images = imagesByClass?.[index];
              return (
                <div
                  key={index}
                  role="listitem"
                  aria-setsize={names.length}
                  aria-posinset={index + 1}
                  className={classes.row}
                  data-plain={samples === null || undefined}
                  style={{ height: rowHeight, top: start }}
                >
                  <Text
                    span
                    c="dimmed"
                    size="sm"
                    className={`numbers ${classes.index}`}
                  >
                    {index}
                  </Text>
                  <Text
                    span
                    className={`name ${classes.name}`}
                    dir="auto"
                    lineClamp={isNarrow || samples === null ? 1 : 3}
                    title={name}
                  >
                    {name}
                  </Text>
                  {images !== undefined && (
                    <Text span size="sm" className={`numbers ${classes.count}`}>
                      {formatCount(images)} {images === 1 ? "image" : "images"}
                    </Text>
                  )}
                  {samples !== null && (
                    <div className={classes.samples}>
                      <SampleStrip
                        samples={samples}
                        classCount={names.length}
                        classIndex={index}
                        name={name}
                      />
                    </div>
                  )}
                  {searched && (
                    <Anchor
                      component={Link}
                      size="sm"
                      prefetch={false}
                      className={classes.link}
                      href={`/model?id=${searched.id}&class=${index}`}
                      aria-label={`Patterns of ${name}`}
                    >
                      patterns
                    </Anchor>
                  )}
                </div>
              );
            })}
          </div>
        </div>
      )}
    </Paper>
  );
}
