/** The columns of the table of models: each is one entry here, with its title, what it is sorted by, and what its cells show. */
import { Anchor, Text } from "@mantine/core";
import Link from "next/link";
import type { ReactNode } from "react";
import { formatCount, formatShare } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import {
  notAudited,
  probabilityText,
  pValueText,
} from "../audits/audit-words.ts";
import { VerdictBadge } from "../audits/verdict-badge.tsx";
import { ReviewBadge } from "../reviews/review-badge.tsx";
import { orderOfReview, whoReviewed } from "../reviews/review-words.ts";
import type { ModelRow } from "./model-rows.ts";
import classes from "./models-table.module.css";
import { TagList } from "./tag-list.tsx";

interface ModelColumn {
  readonly title: string;
  /** Pixels; those without share what the others leave. */
  readonly width?: number;
  readonly isNumber?: true;
  /** Text is ordered as people do, numbers by size; what has none comes last. */
  readonly sortBy: (row: ModelRow) => string | number | undefined;
  readonly isText?: true;
  /** The row's name, for those who hear it. */
  readonly isHead?: true;
  readonly className?: string | undefined;
  readonly hint?: (row: ModelRow) => string | undefined;
  readonly cell: (row: ModelRow) => ReactNode;
}

const problemOf = ({ model }: ModelRow): string | null =>
  model.checks.find(({ status }) => status === "REFUSED")?.problem ?? null;

export const modelColumns = {
  name: {
    title: "Name",
    isText: true,
    isHead: true,
    sortBy: ({ model }) => model.name,
    className: classes.name,
    cell: ({ model }) => (
      <Anchor
        component={Link}
        href={`/model?id=${model.id}`}
        prefetch={false}
        title={model.name}
      >
        {model.name}
      </Anchor>
    ),
  },
  dataset: {
    title: "Data set",
    width: 110,
    isText: true,
    sortBy: ({ model }) => model.dataset ?? undefined,
    className: classes.clip,
    hint: ({ model }) => model.dataset ?? undefined,
    cell: ({ model }) => <bdi>{model.dataset ?? "–"}</bdi>,
  },
  setting: {
    title: "Setting",
    width: 92,
    isText: true,
    sortBy: ({ model }) => model.setting,
    cell: ({ model }) => model.setting,
  },
  clean: {
    title: "Clean accuracy",
    width: 116,
    isNumber: true,
    sortBy: ({ model }) => model.cleanAccuracy ?? undefined,
    cell: ({ model: { status, cleanAccuracy } }) =>
      status !== "READY" ? (
        <StatusBadge status={status} />
      ) : (
        cleanAccuracy !== null && formatShare(cleanAccuracy)
      ),
  },
  robust: {
    title: "Robust accuracy",
    width: 96,
    isNumber: true,
    sortBy: ({ model }) => model.robustAccuracy ?? undefined,
    cell: ({ model: { robustAccuracy } }) =>
      robustAccuracy === null ? "–" : formatShare(robustAccuracy),
  },
  verdict: {
    title: "Verdict",
    width: 236,
    sortBy: ({ model }) => model.audit?.probability ?? undefined,
    hint: ({ model: { audit } }) =>
      audit
        ? `class ${audit.targetClassName ?? audit.targetClass ?? "–"}, p ${pValueText(audit.pValue)}`
        : undefined,
    cell: ({ model: { audit } }) =>
      audit === null ? (
        <Text span size="sm" c="dimmed">
          {notAudited}
        </Text>
      ) : (
        <span className={classes.verdict}>
          <VerdictBadge verdict={audit.verdict} />
          <span className="numbers" title="Probability of a backdoor">
            {probabilityText(audit.probability, 0)}
          </span>
        </span>
      ),
  },
  classes: {
    title: "Classes",
    width: 80,
    isNumber: true,
    sortBy: ({ model }) => model.numClasses ?? undefined,
    cell: ({ model: { numClasses } }) =>
      numClasses === null ? "–" : formatCount(numClasses),
  },
  evidence: {
    title: "What stands out",
    sortBy: ({ evidence }) => evidence.index ?? undefined,
    className: classes.clip,
    hint: (row) => problemOf(row) ?? row.evidence.because,
    cell: (row) => {
      const problem = problemOf(row);
      const { word, index } = row.evidence;
      return problem !== null ? (
        <Text span size="sm" c="var(--motif-failure)" inherit>
          {problem}
        </Text>
      ) : (
        <>
          {word}
          {index !== null && (
            <Text span c="dimmed" size="xs" className="numbers">
              {" "}
              {index.toFixed(1)}
            </Text>
          )}
        </>
      );
    },
  },
  review: {
    title: "Review",
    width: 124,
    sortBy: ({ model }) => orderOfReview(model.review.status),
    hint: ({ model }) => whoReviewed(model.review),
    cell: ({ model }) => <ReviewBadge status={model.review.status} />,
  },
  tags: {
    title: "Tags",
    isText: true,
    sortBy: ({ model: { tags } }) =>
      tags.length === 0 ? undefined : tags.join(" "),
    className: classes.clip,
    hint: ({ model }) => model.tags.join(", ") || undefined,
    cell: ({ model }) => <TagList tags={model.tags} />,
  },
  job: {
    title: "Last job",
    width: 124,
    isText: true,
    sortBy: ({ model }) => model.lastJob?.createdAt,
    cell: ({ model: { lastJob } }) =>
      lastJob && (
        <Anchor
          component={Link}
          href={`/job?id=${lastJob.id}`}
          prefetch={false}
          underline="never"
        >
          <StatusBadge status={lastJob.status} />
        </Anchor>
      ),
  },
  added: {
    title: "Added",
    width: 100,
    isText: true,
    sortBy: ({ model }) => model.createdAt,
    className: classes.added,
    cell: ({ model }) => <RelativeTime at={model.createdAt} />,
  },
} as const satisfies Readonly<Record<string, ModelColumn>>;

export type ColumnId = keyof typeof modelColumns;
export const columnIds = Object.keys(modelColumns) as ColumnId[];
export const columnOf = (id: ColumnId): ModelColumn => modelColumns[id];
