/** The size–power curve of one pattern, or of several: power by k with its 95% interval, and the base rate. */
import { useId } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatInterval, formatShare } from "../../../ui/format.ts";

export interface CurvePoint {
  readonly k: number;
  readonly power: number;
  readonly low: number;
  readonly high: number;
}

interface PowerCurveProps {
  readonly points: readonly CurvePoint[];
  readonly baseRate: number;
  readonly threshold: number;
  /** The k that is shown beside it. */
  readonly k: number;
}

const text = { fontSize: 11, fill: "var(--mantine-color-dimmed)" };

export default function PowerCurve({
  points,
  baseRate,
  threshold,
  k,
}: PowerCurveProps) {
  const titleId = useId();
  const rows = points.map((point) => ({
    ...point,
    interval: [point.low, point.high] as const,
  }));
  return (
    <figure style={{ margin: 0 }} aria-labelledby={titleId}>
      <figcaption id={titleId} style={{ fontSize: 12, fontWeight: 600 }}>
        Predictive power by pattern size
      </figcaption>
      <ResponsiveContainer width="100%" height={190}>
        <ComposedChart
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
            ticks={points.map((point) => point.k)}
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
          <Tooltip content={<PointTip />} />
          <ReferenceLine
            y={baseRate}
            stroke="var(--motif-warning)"
            strokeDasharray="2 3"
          />
          <ReferenceLine
            y={threshold}
            stroke="var(--mantine-color-dimmed)"
            strokeDasharray="6 4"
          />
          <ReferenceLine x={k} stroke="var(--mantine-color-text)" />
          <Area
            dataKey="interval"
            stroke="none"
            fill="var(--mantine-primary-color-filled)"
            fillOpacity={0.22}
            isAnimationActive={false}
          />
          <Line
            dataKey="power"
            stroke="var(--mantine-primary-color-filled)"
            strokeWidth={2}
            dot={{ r: 3 }}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  );
}

function PointTip({
  active,
  payload,
}: {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload: CurvePoint }[];
}) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <div
      style={{
        background: "var(--motif-surface)",
        border: "1px solid var(--motif-line)",
        borderRadius: 6,
        padding: "6px 10px",
        fontSize: 12,
      }}
    >
      {point.k} pixels: {formatShare(point.power)} (
      {formatInterval(point.low, point.high)})
    </div>
  );
}
