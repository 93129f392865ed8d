/** What the cells' colours and shapes mean, and how many there are of each. */
import { Group, Text } from "@mantine/core";
import { formatCount } from "../../ui/format.ts";
import type { CellState } from "./cells.ts";
import { css, strengthColour } from "./colours.ts";
import styles from "./heat-map-legend.module.css";

const words: Readonly<Record<CellState, string>> = {
  waiting: "waiting",
  working: "on a node",
  done: "done",
  retrying: "to be tried again",
  dead: "given up",
  cancelled: "cancelled",
};

export function HeatMapLegend({
  counts,
  scheme,
  isSearch,
  ks,
  power,
  hasUnreached,
}: {
  readonly counts: Readonly<Record<CellState, number>>;
  readonly scheme: "light" | "dark";
  readonly isSearch: boolean;
  readonly ks: readonly number[];
  /** Colours are powers, not sizes. */
  readonly power: boolean;
  readonly hasUnreached: boolean;
}) {
  const stops = [0, 0.25, 0.5, 0.75, 1].map((strength) =>
    css(strengthColour(strength, scheme)),
  );
  const [weak, strong] = power
    ? ["0% power", "100%"]
    : [`${formatCount(ks.at(-1) ?? 0)} pixels`, formatCount(ks[0] ?? 0)];
  return (
    <Group gap="md" className={styles.legend}>
      {(Object.keys(words) as CellState[])
        .filter((state) => counts[state] > 0 || state === "done")
        .map((state) => (
          <Group key={state} gap={6} wrap="nowrap">
            <span
              className={styles.swatch}
              data-state={state}
              aria-hidden="true"
              style={
                state === "done"
                  ? { background: css(strengthColour(0.7, scheme)) }
                  : undefined
              }
            />
            <Text size="xs" className="numbers">
              {formatCount(counts[state])} {words[state]}
            </Text>
          </Group>
        ))}
      {isSearch && ks.length > 0 && (
        <Group gap={6} wrap="nowrap">
          <Text size="xs" c="dimmed" className="numbers">
            {weak}
          </Text>
          <span
            className={styles.scale}
            aria-hidden="true"
            style={{
              background: `linear-gradient(90deg, ${stops.join(", ")})`,
            }}
          />
          <Text size="xs" c="dimmed" className="numbers">
            {strong}
          </Text>
        </Group>
      )}
      {isSearch && hasUnreached && (
        <Group gap={6} wrap="nowrap">
          <span
            className={styles.swatch}
            data-state="unreached"
            aria-hidden="true"
          />
          <Text size="xs">threshold not reached</Text>
        </Group>
      )}
    </Group>
  );
}
