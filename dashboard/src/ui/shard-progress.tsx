/** How far a shard is, in a cell of a wide table: a bar and its percents. */
import { formatShare } from "./format.ts";
import { ProgressMeter } from "./progress-meter.tsx";
import wide from "./wide-table.module.css";

export function ShardProgress({
  done,
  label,
}: {
  /** 0…1. */
  readonly done: number;
  readonly label: string;
}) {
  const words = formatShare(done, 0);
  return (
    <div className={wide.meter}>
      <ProgressMeter share={done} label={label} words={`${words} done`} />
      <span className="numbers">{words}</span>
    </div>
  );
}
