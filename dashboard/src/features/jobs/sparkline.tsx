/** How many shards ended in each of the last spans of time: bars, without axes. */
import { Tooltip } from "@mantine/core";
import { formatCount } from "../../ui/format.ts";
import styles from "./sparkline.module.css";

const spanSeconds = 10;
const height = 24;
const barWidth = 3;

export function Sparkline({ counts }: { readonly counts: readonly number[] }) {
  if (counts.length === 0) return null;
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const minutes = (counts.length * spanSeconds) / 60;
  const words = `${formatCount(total)} shards in the last ${minutes} minutes, most in ${spanSeconds} s: ${formatCount(Math.max(...counts))}`;
  return (
    <Tooltip label={words}>
      <svg
        role="img"
        aria-label={words}
        className={styles.line}
        width={counts.length * barWidth}
        height={height}
      >
        {counts.map((count, i) => {
          const bar = count === 0 ? 1 : Math.max(2, (count / most) * height);
          return (
            <rect
              key={i}
              x={i * barWidth}
              y={height - bar}
              width={barWidth - 1}
              height={bar}
              data-empty={count === 0 || undefined}
            />
          );
        })}
      </svg>
    </Tooltip>
  );
}
