/** Share of the images that are moved, by strength, a line a class: those searched at length stand before the others. */
import {
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  XAxis,
  YAxis,
} from "recharts";
import { formatShare } from "../../ui/format.ts";
import { lineLook } from "../../ui/line-look.ts";
import { strengthText } from "./audit-words.ts";
import type { StrengthLine } from "./kind-answers.ts";

const text = { fontSize: 11, fill: "var(--mantine-color-dimmed)" };

export function StrengthCurves({
  lines,
  unit,
  threshold,
  nameOf,
}: {
  readonly lines: readonly StrengthLine[];
  readonly unit: string;
  /** Power that a class has to reach, 0…1. */
  readonly threshold: number;
  readonly nameOf: (targetClass: number) => string;
}) {
  const strengths = [
    ...new Set(
      lines.flatMap(({ curve }) => curve.map(({ strength }) => strength)),
    ),
  ].sort((a, b) => a - b);
  const rows = strengths.map((strength) => ({
    strength,
    ...Object.fromEntries(
      lines.map(({ curve }, index) => [
        `line${index}`,
        curve.find((point) => point.strength === strength)?.power,
      ]),
    ),
  }));
  const named = lines.filter(({ isNamed }) => isNamed).length;
  const first = lines.at(-1);
  const behind = lines.length - named;
  return (
    <figure style={{ margin: 0 }}>
      <div
        role="img"
        aria-label={`Share of images moved, by strength.${
          first
            ? ` ${nameOf(first.targetClass)}: ${first.curve
                .map(
                  ({ strength, power }) =>
                    `${formatShare(power, 0)} at ${strengthText(strength, unit)}`,
                )
                .join(", ")}`
            : ""
        }`}
      >
        <ResponsiveContainer width="100%" height={250}>
          <LineChart
            data={rows}
            margin={{ top: 8, right: 16, bottom: 4, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--motif-line)" vertical={false} />
            <XAxis
              dataKey="strength"
              type="number"
              scale="log"
              domain={["dataMin", "dataMax"]}
              ticks={strengths}
              tickFormatter={(value: number) => strengthText(value, unit)}
              tick={text}
              stroke="var(--motif-line)"
            />
            <YAxis
              domain={[0, 1]}
              ticks={[0, 0.25, 0.5, 0.75, 1]}
              tickFormatter={(value: number) => formatShare(value, 0)}
              width={44}
              tick={text}
              stroke="var(--motif-line)"
            />
            <ReferenceLine
              y={threshold}
              stroke="var(--mantine-color-dimmed)"
              strokeDasharray="6 4"
            />
            <Legend
              formatter={(title: string) => (
                <span
                  style={{ color: "var(--mantine-color-text)", fontSize: 12 }}
                >
                  {title}
                </span>
              )}
            />
            {lines.map(({ targetClass, isNamed }, index) =>
              isNamed ? (
                <Line
                  key={`named ${targetClass}`}
                  name={nameOf(targetClass)}
                  dataKey={`line${index}`}
                  {...lineLook(lines.length - 1 - index)}
                  strokeWidth={2}
                  dot={{ r: 3, strokeDasharray: "0" }}
                  connectNulls
                  isAnimationActive={false}
                />
              ) : (
                <Line
                  key={targetClass}
                  dataKey={`line${index}`}
                  stroke="var(--mantine-color-dimmed)"
                  strokeOpacity={0.4}
                  legendType="none"
                  dot={false}
                  connectNulls
                  isAnimationActive={false}
                />
              ),
            )}
          </LineChart>
        </ResponsiveContainer>
      </div>
      <figcaption
        style={{ fontSize: 12, color: "var(--mantine-color-dimmed)" }}
      >
        Share of images moved, by strength (logarithmic); dashed across: the
        threshold of {formatShare(threshold, 0)}.
        {behind > 0 && ` Grey: ${behind} other classes.`}
      </figcaption>
    </figure>
  );
}
