/** An audit's models, a row each, however many: only the rows in view are there. */
import { Anchor, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useRef } from "react";
import type { Audit } from "../../api/types.ts";
import {
  formatCount,
  formatDuration,
  formatShare,
  formatSi,
} from "../../ui/format.ts";
import { LongName } from "../../ui/long-name.tsx";
import { RowGap } from "../../ui/row-gap.tsx";
import { ShardProgress } from "../../ui/shard-progress.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import wide from "../../ui/wide-table.module.css";
import {
  auditAddress,
  indexText,
  kindTitle,
  probabilityText,
  pValueText,
  targetWords,
  type Judged,
} from "./audit-words.ts";
import styles from "./audits-table.module.css";
import { VerdictBadge } from "./verdict-badge.tsx";

const rowHeight = 56;
const columns = 10;

export function AuditsTable({
  audits,
}: {
  /** In the order that they are shown in. */
  readonly audits: readonly Audit[];
}) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: audits.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={box}
      className={wide.box}
      tabIndex={0}
      role="region"
      aria-label="Models of this audit"
    >
      <table
        className={wide.table}
        style={{ minWidth: 1038 }}
        aria-label="Models"
        aria-rowcount={audits.length + 1}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={styles.name}>
              Model
            </th>
            <th scope="col" className={styles.verdict}>
              Verdict
            </th>
            <th
              scope="col"
              className={styles.probability}
              data-number
              title="Of a backdoor"
            >
              Probability
            </th>
            <th scope="col" className={styles.class}>
              Class
            </th>
            <th scope="col" className={styles.kind}>
              Answers to
            </th>
            <th scope="col" className={styles.index} data-number>
              Anomaly index
            </th>
            <th
              scope="col"
              className={styles.p}
              data-number
              title="Chance of such an index without an outlier, over all kinds of change asked about"
            >
              p
            </th>
            <th scope="col" className={styles.accuracy} data-number>
              Clean accuracy
            </th>
            <th
              scope="col"
              className={styles.cost}
              data-number
              title="Image gradients; beneath, as a share of asking about every class at length"
            >
              Cost
            </th>
            <th scope="col" className={styles.took} data-number>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          <RowGap height={above} columns={columns} />
          {items.map(({ index }) => (
            <Row
              key={audits[index]!.shardIndex}
              rowIndex={index + 2}
              audit={audits[index]!}
            />
          ))}
          <RowGap height={below} columns={columns} />
        </tbody>
      </table>
    </div>
  );
}

function Row({
  rowIndex,
  audit,
}: {
  readonly rowIndex: number;
  readonly audit: Audit;
}) {
  const { model, modelId, status, done, problem, judged } = audit;
  return (
    <tr aria-rowindex={rowIndex}>
      <th scope="row">
        <Anchor
          component={Link}
          href={judged ? auditAddress(audit) : `/model?id=${modelId}`}
          prefetch={false}
          inherit
        >
          <LongName name={model} />
        </Anchor>
      </th>
      <td>
        {judged ? (
          <VerdictBadge verdict={judged.verdict} />
        ) : done > 0 && problem === null ? (
          <ShardProgress done={done} label={`Audit of ${model}`} />
        ) : (
          <StatusBadge status={status} />
        )}
      </td>
      {judged ? (
        <Findings judged={judged} />
      ) : (
        <td colSpan={columns - 2}>
          {problem !== null && (
            <span className={styles.problem} title={problem}>
              {problem}
            </span>
          )}
        </td>
      )}
    </tr>
  );
}

function Findings({ judged }: { readonly judged: Judged }) {
  const { probability, perturbation, anomalyIndex, pValue } = judged;
  const { cleanAccuracy, cost, auditMs } = judged;
  return (
    <>
      <td data-number className="numbers">
        {probabilityText(probability)}
      </td>
      <td>
        <LongName name={targetWords(judged)} />
      </td>
      <td>{perturbation === null ? "–" : kindTitle(perturbation)}</td>
      <td data-number className="numbers">
        {indexText(anomalyIndex)}
      </td>
      <td data-number className="numbers">
        {pValueText(pValue)}
      </td>
      <td data-number className="numbers">
        {cleanAccuracy === null ? "–" : formatShare(cleanAccuracy)}
      </td>
      <td
        data-number
        className="numbers"
        title={`${formatCount(cost.imageGradients)} image gradients of ${formatCount(cost.exhaustiveImageGradients)}`}
      >
        {formatSi(cost.imageGradients, "")}
        <Text size="xs" c="dimmed">
          {shareOfAll(cost)}
        </Text>
      </td>
      <td data-number className="numbers">
        {formatDuration(auditMs / 1000)}
      </td>
    </>
  );
}

const shareOfAll = ({
  imageGradients,
  exhaustiveImageGradients,
}: Judged["cost"]): string =>
  exhaustiveImageGradients === 0
    ? ""
    : formatShare(imageGradients / exhaustiveImageGradients);
