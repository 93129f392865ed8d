"use client";
/** What people say of a pattern, and the way to what they say of its class. */
import { Anchor, Divider, Stack } from "@mantine/core";
import Link from "next/link";
import { ReviewPanel } from "../../reviews/review-panel.tsx";
import { classAddress, patternAddress } from "../../reviews/review-words.ts";
import type { OpenPattern } from "../gallery-model.ts";

export function PatternReview({
  open: { cell, model },
  id,
  name,
}: {
  readonly open: OpenPattern;
  /** The pattern's. */
  readonly id: string;
  /** Of its class. */
  readonly name: string;
}) {
  const { id: jobId, modelId } = model.job;
  if (modelId === null) return null;
  return (
    <Stack gap="sm">
      <Divider />
      <ReviewPanel
        key={id}
        modelId={modelId}
        scope={{ kind: "pattern", patternId: id }}
        title="Review of this pattern"
        address={patternAddress(modelId, { ...cell, jobId })}
        classNames={model.classNames}
      />
      <Anchor
        component={Link}
        size="sm"
        className="name"
        href={classAddress(modelId, cell.targetClass)}
      >
        Review of the class {name}
      </Anchor>
    </Stack>
  );
}
