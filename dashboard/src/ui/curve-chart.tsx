/** One curve over a search's steps. Loaded when it is shown. */
import { Stack, Text } from "@mantine/core";
import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCount } from "./format.ts";

const tick = { fill: "var(--mantine-color-dimmed)", fontSize: 12 };

const short = (value: number): string =>
  Math.abs(value) >= 100
    ? formatCount(Math.round(value))
    : String(Number(value.toPrecision(3)));

export function CurveChart({
  name,
  height,
  points,
}: {
  readonly name: string;
  readonly height: number;
  /** Steps ascending. */
  readonly points: readonly { readonly step: number; readonly value: number }[];
}) {
  const [first, last] = [points[0], points.at(-1)];
  const words =
    first && last
      ? `${name}: from ${short(first.value)} at step ${first.step} to ${short(last.value)} at step ${last.step}`
      : name;
  return (
    <Stack gap={4} miw={280} component="figure" m={0}>
      <Text component="figcaption" size="sm" fw={600}>
        {name}
      </Text>
      <div role="img" aria-label={words} style={{ height }}>
        <ResponsiveContainer>
          <LineChart
            data={[...points]}
            margin={{ top: 8, right: 12, bottom: 4, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--motif-line)" vertical={false} />
            <XAxis
              dataKey="step"
              type="number"
              domain={["dataMin", "dataMax"]}
              tick={tick}
              stroke="var(--motif-line)"
              tickFormatter={formatCount}
            />
            <YAxis
              tick={tick}
              stroke="var(--motif-line)"
              width={56}
              tickFormatter={short}
            />
            <Tooltip
              formatter={(value) => [short(Number(value)), name]}
              labelFormatter={(step) => `Step ${formatCount(Number(step))}`}
              contentStyle={{
                background: "var(--motif-surface)",
                border: "1px solid var(--motif-line)",
                borderRadius: 6,
                color: "var(--mantine-color-text)",
              }}
            />
            <Line
              dataKey="value"
              stroke="var(--mantine-primary-color-filled)"
              strokeWidth={2}
              dot={false}
              isAnimationActive={false}
            />
          </LineChart>
        </ResponsiveContainer>
      </div>
    </Stack>
  );
}
