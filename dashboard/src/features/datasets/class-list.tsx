"use client";
/** The classes of a data set: a row each, whatever their number. */
import { Anchor, Paper, Text, Title } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useRef } from "react";
import type { Dataset, ListedModel } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";

const rowHeight = 40;

export function ClassList({
  dataset,
  models,
}: {
  readonly dataset: Dataset;
  readonly models: readonly ListedModel[];
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { classNames } = dataset;
  const virtualizer = useVirtualizer({
    count: classNames.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const searched = models.find(({ lastJob }) => lastJob?.kind === "search");
  return (
    <Paper withBorder p="md" radius="md">
      <Title order={2} size="h4" mb="xs">
        Classes
      </Title>
      {classNames.length === 0 ? (
        <Text c="dimmed">Known once a node has read the data set.</Text>
      ) : (
        <div
          ref={scroller}
          tabIndex={0}
          role="list"
          aria-label={`${formatCount(classNames.length)} classes`}
          style={{ maxHeight: 480, overflow: "auto" }}
        >
          <div
            role="presentation"
            style={{ height: virtualizer.getTotalSize(), position: "relative" }}
          >
            {virtualizer.getVirtualItems().map(({ index, start }) => (
              <div
                key={index}
                role="listitem"
                aria-setsize={classNames.length}
                aria-posinset={index + 1}
                style={{
                  position: "absolute",
                  insetInline: 0,
                  height: rowHeight,
                  transform: `translateY(${start}px)`,
                  display: "flex",
                  gap: 16,
                  alignItems: "center",
                }}
              >
                <Text
                  span
                  c="dimmed"
                  size="sm"
                  className="numbers"
                  w={48}
                  ta="right"
                >
                  {index}
                </Text>
                <Text
                  span
                  className="name"
                  dir="auto"
                  truncate
                  style={{ flex: 1 }}
                >
                  {classNames[index]}
                </Text>
                {searched && (
                  <Anchor
                    component={Link}
                    size="sm"
                    prefetch={false}
                    href={`/model?id=${searched.id}&class=${index}`}
                  >
                    patterns
                  </Anchor>
                )}
              </div>
            ))}
          </div>
        </div>
      )}
    </Paper>
  );
}
