/** How often images of each other class are predicted as the target once the pattern is on them. */
import { Stack, Text } from "@mantine/core";
import { formatShare } from "../../../ui/format.ts";
import classes from "./detail.module.css";

/** Of hundreds of classes the ends tell most. */
const mostShown = 24;

export interface SourcePower {
  readonly sourceClass: number;
  readonly power: number;
  readonly n: number;
}

export function SourceBars({
  sources,
  classNames,
}: {
  readonly sources: readonly SourcePower[];
  readonly classNames: readonly string[];
}) {
  const sorted = [...sources].sort(
    (a, b) => b.power - a.power || a.sourceClass - b.sourceClass,
  );
  const half = mostShown / 2;
  const shown =
    sorted.length <= mostShown
      ? sorted
      : [...sorted.slice(0, half), ...sorted.slice(-half)];
  return (
    <Stack gap={4}>
      <Text size="xs" fw={600}>
        From which classes
        {shown.length < sorted.length &&
          ` (the ${half} easiest and the ${half} hardest of ${sorted.length})`}
      </Text>
      {shown.map(({ sourceClass, power, n }) => {
        const name = classNames[sourceClass] ?? `class ${sourceClass}`;
        return (
          <div key={sourceClass} className={classes.source}>
            <span className={classes.sourceName} dir="auto" title={name}>
              {name}
            </span>
            <div className={classes.sourceBar} aria-hidden="true">
              <div style={{ width: `${power * 100}%` }} />
            </div>
            <span style={{ textAlign: "end" }} title={`${n} images`}>
              {formatShare(power)}
            </span>
          </div>
        );
      })}
    </Stack>
  );
}
