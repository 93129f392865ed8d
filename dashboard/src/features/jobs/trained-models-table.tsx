/** A training's models, a row each, however many: only the rows in view are there. */
import { Anchor, Checkbox, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import Link from "next/link";
import { useRef } from "react";
import type { TrainedModel } from "../../api/types.ts";
import {
  formatDuration,
  formatInterval,
  formatShare,
} from "../../ui/format.ts";
import { mostLines } from "../../ui/line-look.ts";
import { LongName } from "../../ui/long-name.tsx";
import { ProgressMeter } from "../../ui/progress-meter.tsx";
import { RowGap } from "../../ui/row-gap.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { wilson } from "../models/wilson.ts";
import { hasCurves } from "./chosen-models.ts";
import styles from "./trained-models-table.module.css";

const rowHeight = 52;

interface TrainedModelsTableProps {
  readonly models: readonly TrainedModel[];
  /** Indices of those whose curves are shown. */
  readonly picked: ReadonlySet<number>;
  /** No further ones may be picked. */
  readonly isFull: boolean;
  readonly onPick: (index: number, isPicked: boolean) => void;
}

export function TrainedModelsTable({
  models,
  picked,
  isFull,
  onPick,
}: TrainedModelsTableProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: models.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const hasAttacks = models.some(
    ({ attackSuccessRate }) => attackSuccessRate !== null,
  );
  const columns = hasAttacks ? 8 : 7;
  return (
    <div
      ref={box}
      className={styles.box}
      tabIndex={0}
      role="region"
      aria-label="Models of this training"
    >
      <table
        className={styles.table}
        aria-label="Models"
        aria-rowcount={models.length + 1}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={styles.pick}>
              <span className={styles.hidden}>Curves</span>
            </th>
            <th scope="col" className={styles.name}>
              Model
            </th>
            <th scope="col" className={styles.state}>
              State
            </th>
            <th scope="col" className={styles.done}>
              Done
            </th>
            <th scope="col" data-number>
              Clean accuracy
            </th>
            {hasAttacks && (
              <th scope="col" data-number>
                Attack success
              </th>
            )}
            <th scope="col" data-number>
              Last loss
            </th>
            <th scope="col" data-number>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          <RowGap height={above} columns={columns} />
          {items.map(({ index }) => {
            const model = models[index]!;
            return (
              <Row
                key={model.shardIndex}
                rowIndex={index + 2}
                model={model}
                hasAttacks={hasAttacks}
                isPicked={picked.has(model.shardIndex)}
                isFull={isFull}
                onPick={onPick}
              />
            );
          })}
          <RowGap height={below} columns={columns} />
        </tbody>
      </table>
    </div>
  );
}

function Row({
  rowIndex,
  model,
  hasAttacks,
  isPicked,
  isFull,
  onPick,
}: {
  readonly rowIndex: number;
  readonly model: TrainedModel;
  readonly hasAttacks: boolean;
  readonly isPicked: boolean;
  readonly isFull: boolean;
  readonly onPick: TrainedModelsTableProps["onPick"];
}) {
  const { name, modelId, attackSuccessRate, trainMs } = model;
  const lastLoss = model.epochs.at(-1)?.loss;
  const why = !hasCurves(model)
    ? "Its curves come with its first epoch"
    : !isPicked && isFull
      ? `${mostLines} are shown already`
      : undefined;
  return (
    <tr aria-rowindex={rowIndex}>
      <td className={styles.pick}>
        <Checkbox
          size="xs"
          checked={isPicked}
          disabled={why !== undefined}
          title={why}
          aria-label={`Show the curves of ${name}`}
          onChange={({ currentTarget }) =>
            onPick(model.shardIndex, currentTarget.checked)
          }
        />
      </td>
      <th scope="row">
        {modelId === null ? (
          <LongName name={name} />
        ) : (
          <Anchor
            component={Link}
            href={`/model?id=${modelId}`}
            prefetch={false}
            inherit
          >
            <LongName name={name} />
          </Anchor>
        )}
      </th>
      <td>
        <StatusBadge status={model.status} />
        {model.spread && <Rounds spread={model.spread} />}
      </td>
      <td>
        <Done model={model} />
      </td>
      <td data-number className="numbers">
        <Accuracy model={model} />
      </td>
      {hasAttacks && (
        <td data-number className="numbers">
          {attackSuccessRate === null ? "–" : formatShare(attackSuccessRate)}
        </td>
      )}
      <td data-number className="numbers">
        {lastLoss === undefined ? "–" : lastLoss.toPrecision(3)}
      </td>
      <td data-number className="numbers">
        {trainMs === null ? "–" : formatDuration(trainMs / 1000)}
      </td>
    </tr>
  );
}

/** As people count: the round that is under way. */
function Rounds({
  spread: { workers, rounds, roundsDone },
}: {
  readonly spread: NonNullable<TrainedModel["spread"]>;
}) {
  const round = Math.min(rounds, roundsDone + 1);
  return (
    <Text
      size="xs"
      c="dimmed"
      title={`${workers} workers train in rounds; after each all of them go on from the average of their weights`}
    >
      {roundsDone === rounds
        ? `${rounds} rounds`
        : `round ${round} of ${rounds}`}
      , {workers} workers
    </Text>
  );
}

function Done({
  model: { name, done, status },
}: {
  readonly model: TrainedModel;
}) {
  const words = formatShare(done, 0);
  return (
    <div className={styles.meter}>
      <ProgressMeter
        share={done}
        label={`Training of ${name}`}
        words={`${words} done`}
        {...(status === "SUCCEEDED" && { color: "green" })}
      />
      <span className="numbers">{words}</span>
    </div>
  );
}

function Accuracy({
  model: { cleanAccuracy, cleanAccuracyImages },
}: {
  readonly model: TrainedModel;
}) {
  if (cleanAccuracy === null) return "–";
  return (
    <>
      {formatShare(cleanAccuracy)}
      {cleanAccuracyImages !== null && (
        <Text
          size="xs"
          c="dimmed"
          title={`95% interval (Wilson), of ${cleanAccuracyImages} images of the test split`}
        >
          {formatInterval(...wilson(cleanAccuracy, cleanAccuracyImages))}
        </Text>
      )}
    </>
  );
}
