"use client";
/** Size–power curves over each other. Lines differ by dash and sign as well as by colour. */
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

interface CurveLine {
  readonly title: string;
  readonly points: readonly { readonly k: number; readonly power: number }[];
}

const text = { fontSize: 11, fill: "var(--mantine-color-dimmed)" };

export function CurvesTogether({
  lines,
  k,
}: {
  readonly lines: readonly CurveLine[];
  /** That is shown in the gallery. */
  readonly k: number;
}) {
  const ks = [
    ...new Set(lines.flatMap(({ points }) => points.map((point) => point.k))),
  ].sort((a, b) => a - b);
  const rows = ks.map((each) => ({
    k: each,
    ...Object.fromEntries(
      lines.map(({ points }, index) => [
        `line${index}`,
        points.find((point) => point.k === each)?.power,
      ]),
    ),
  }));
  return (
    <figure
      style={{ margin: 0 }}
      aria-label="Predictive power by pattern size, a line a model"
    >
      <ResponsiveContainer width="100%" height={240}>
        <LineChart
          data={rows}
          margin={{ top: 8, right: 12, bottom: 4, left: 0 }}
          accessibilityLayer
        >
          <CartesianGrid stroke="var(--motif-line)" vertical={false} />
          <XAxis
            dataKey="k"
            type="number"
            scale="log"
            domain={["dataMin", "dataMax"]}
            ticks={ks}
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
          <ReferenceLine x={k} stroke="var(--mantine-color-text)" />
          <Legend
            formatter={(title: string) => (
              <span
                style={{ color: "var(--mantine-color-text)", fontSize: 12 }}
              >
                {title}
              </span>
            )}
          />
          {lines.map(({ title }, index) => (
            <Line
              key={index}
              name={title}
              dataKey={`line${index}`}
              {...lineLook(index)}
              strokeWidth={2}
              dot={{ r: 3, strokeDasharray: "0" }}
              connectNulls
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}
