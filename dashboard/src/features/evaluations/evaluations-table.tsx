/** An evaluation's models, a row each, however many: only the rows in view are there. */
import { Anchor } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useRef } from "react";
import type { Evaluation } from "../../api/types.ts";
import { formatDuration, formatShare } from "../../ui/format.ts";
import { LongName } from "../../ui/long-name.tsx";
import { RowGap } from "../../ui/row-gap.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { ShardProgress } from "../../ui/shard-progress.tsx";
import wide from "../../ui/wide-table.module.css";
import styles from "./evaluations-table.module.css";
import { MeasuredShare } from "./measured-share.tsx";

const rowHeight = 56;

interface EvaluationsTableProps {
  readonly evaluations: readonly Evaluation[];
  /** In the order in which they are run; none where robustness was not asked for. */
  readonly attacks: readonly string[];
}

export function EvaluationsTable({
  evaluations,
  attacks,
}: EvaluationsTableProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: evaluations.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const hasBackdoors = evaluations.some(
    ({ measured }) => measured?.attackSuccessRate,
  );
  // Alone, an attack's is the robust accuracy itself.
  const steps = attacks.length > 1 ? attacks : [];
  const shares = 1 + Number(attacks.length > 0) + Number(hasBackdoors);
  const columns = 4 + shares + steps.length;
  const width = 520 + 108 * shares + 90 * steps.length;
  return (
    <div
      ref={box}
      className={wide.box}
      tabIndex={0}
      role="region"
      aria-label="Models of this evaluation"
    >
      <table
        className={wide.table}
        style={{ minWidth: width }}
        aria-label="Models"
        aria-rowcount={evaluations.length + 1}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={wide.name}>
              Model
            </th>
            <th scope="col" className={styles.share} data-number>
              Clean accuracy
            </th>
            {attacks.length > 0 && (
              <th
                scope="col"
                className={styles.share}
                data-number
                title={`Images that are right under ${attacks.join(", ")}`}
              >
                Robust accuracy
              </th>
            )}
            {steps.map((name, index) => (
              <th
                key={name}
                scope="col"
                className={styles.attack}
                data-number
                title={`Images that are right under ${attacks.slice(0, index + 1).join(", ")}`}
              >
                {index === 0 ? name : `+ ${name}`}
              </th>
            ))}
            {hasBackdoors && (
              <th scope="col" className={styles.share} data-number>
                Attack success
              </th>
            )}
            <th
              scope="col"
              className={styles.calibration}
              data-number
              title="Expected calibration error, 15 bins"
            >
              Calibration error
            </th>
            <th scope="col" className={styles.took} data-number>
              Took
            </th>
            <th scope="col" className={styles.state}>
              State
            </th>
          </tr>
        </thead>
        <tbody>
          <RowGap height={above} columns={columns} />
          {items.map(({ index }) => (
            <Row
              key={evaluations[index]!.shardIndex}
              rowIndex={index + 2}
              evaluation={evaluations[index]!}
              hasBackdoors={hasBackdoors}
              steps={steps}
              hasAttacks={attacks.length > 0}
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
  evaluation,
  hasBackdoors,
  steps,
  hasAttacks,
}: {
  readonly rowIndex: number;
  readonly evaluation: Evaluation;
  readonly hasBackdoors: boolean;
  readonly steps: readonly string[];
  readonly hasAttacks: boolean;
}) {
  const { model, modelId, status, done, measured } = evaluation;
  const after = (name: string) =>
    measured?.robustness?.attacks.find((attack) => attack.name === name);
  return (
    <tr aria-rowindex={rowIndex}>
      <th scope="row">
        <Anchor
          component={Link}
          href={`/model?id=${modelId}`}
          prefetch={false}
          inherit
        >
          <LongName name={model} />
        </Anchor>
      </th>
      <td data-number className="numbers">
        <MeasuredShare measured={measured?.clean.accuracy} />
      </td>
      {hasAttacks && (
        <td data-number className="numbers">
          <MeasuredShare measured={measured?.robustness?.robustAccuracy} />
        </td>
      )}
      {steps.map((name) => {
        const attack = after(name);
        return (
          <td
            key={name}
            data-number
            className="numbers"
            title={
              attack && `${attack.fooled} of ${attack.tried} images fell to it`
            }
          >
            {attack ? formatShare(attack.robustAccuracy.share) : "–"}
          </td>
        );
      })}
      {hasBackdoors && (
        <td
          data-number
          className="numbers"
          title={measured?.noAttackSuccessRate ?? undefined}
        >
          <MeasuredShare measured={measured?.attackSuccessRate} />
        </td>
      )}
      <td data-number className="numbers">
        {measured ? formatShare(measured.clean.expectedCalibrationError) : "–"}
      </td>
      <td data-number className="numbers">
        {measured ? formatDuration(measured.evaluateMs / 1000) : "–"}
      </td>
      <td>
        {measured || done === 0 ? (
          <StatusBadge status={status} />
        ) : (
          <ShardProgress done={done} label={`Evaluation of ${model}`} />
        )}
      </td>
    </tr>
  );
}
