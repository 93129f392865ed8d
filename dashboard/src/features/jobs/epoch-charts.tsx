/** How trainings go: loss, accuracy, learning rate and throughput by epoch, a line a model. Loaded when they are shown. */
import { Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { TrainedModel } from "../../api/types.ts";
import { formatRate, formatShare } from "../../ui/format.ts";
import { lineLook } from "../../ui/line-look.ts";
import { LongName } from "../../ui/long-name.tsx";
import {
  alignEpochs,
  stretchesOf,
  type EpochMeasure,
  type EpochRow,
} from "./epoch-rows.ts";

const tick = { fill: "var(--mantine-color-dimmed)", fontSize: 12 };
/** With more points than these, dots hide the line. */
const mostDots = 12;
/** Of a training that many nodes were at, the last. */
const mostStretches = 4;

const shortLoss = (value: number): string =>
  String(Number(value.toPrecision(3)));
const percent = (value: number): string => formatShare(value, 0);
const perSecond = (value: number): string => `${formatRate(value)} a second`;

const charts: readonly {
  readonly title: string;
  readonly of: EpochMeasure;
  readonly format: (value: number) => string;
  /** In words and beside the pointer. */
  readonly exactly: (value: number) => string;
  readonly domain: readonly [number, number | "auto"];
}[] = [
  {
    title: "Loss",
    of: "loss",
    format: shortLoss,
    exactly: shortLoss,
    domain: [0, "auto"],
  },
  {
    title: "Accuracy on the training images",
    of: "accuracy",
    format: percent,
    exactly: formatShare,
    domain: [0, 1],
  },
  {
    title: "Learning rate",
    of: "learningRate",
    format: shortLoss,
    exactly: shortLoss,
    domain: [0, "auto"],
  },
  {
    title: "Images a second",
    of: "imagesPerSecond",
    format: formatRate,
    exactly: perSecond,
    domain: [0, "auto"],
  },
];

export function EpochCharts({
  models,
  height,
}: {
  readonly models: readonly TrainedModel[];
  readonly height: number;
}) {
  const isCut = models.some(({ epochs }) => epochs[0]?.epoch !== 1);
  // Nodes of earlier versions told loss and accuracy alone.
  const shown = charts.filter(({ of }) =>
    models.some(({ epochs }) => epochs.some((each) => each[of] !== null)),
  );
  return (
    <Paper withBorder p="md" radius="md" bg="var(--motif-surface)">
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          {shown.map((chart) => (
            <EpochChart
              key={chart.of}
              chart={chart}
              models={models}
              height={height}
            />
          ))}
        </SimpleGrid>
        <Group component="ul" gap="md" p={0} m={0} style={{ rowGap: 4 }}>
          {models.map(({ shardIndex, name, epochs }, line) => (
            <Group
              component="li"
              key={shardIndex}
              gap={6}
              wrap="nowrap"
              maw="100%"
              style={{ listStyle: "none" }}
            >
              <svg
                width={28}
                height={8}
                aria-hidden="true"
                style={{ flex: "none" }}
              >
                <line
                  x2={28}
                  y1={4}
                  y2={4}
                  strokeWidth={2}
                  {...lineLook(line)}
                />
              </svg>
              <Text size="sm" component="span" miw={0}>
                <LongName name={name} />
                <Nodes epochs={epochs} />
              </Text>
            </Group>
          ))}
        </Group>
        {isCut && (
          <Text size="sm" c="dimmed">
            A training that went on after a break has only the epochs since
            then.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

/** Where a training was, and how fast there. */
function Nodes({ epochs }: Pick<TrainedModel, "epochs">) {
  const stretches = stretchesOf(epochs);
  if (stretches.length === 0) return null;
  return (
    <Text size="xs" c="dimmed" className="numbers">
      {stretches
        .slice(-mostStretches)
        .map(
          ({ nodeName, from, to, imagesPerSecond }) =>
            `${nodeName}, ${from === to ? `epoch ${from}` : `epochs ${from}–${to}`}: ${formatRate(imagesPerSecond)} images a second`,
        )
        .join("; ")}
    </Text>
  );
}

function EpochChart({
  chart: { title, of, format, exactly, domain },
  models,
  height,
}: {
  readonly chart: (typeof charts)[number];
  readonly models: readonly TrainedModel[];
  readonly height: number;
}) {
  const rows = useMemo<EpochRow[]>(
    () =>
      alignEpochs(
        models.map(({ epochs }) => epochs),
        of,
      ),
    [models, of],
  );
  const words = models.map(({ name, epochs }) => {
    const told = epochs.flatMap(({ epoch, [of]: value }) =>
      value === null ? [] : [`${exactly(value)} in epoch ${epoch}`],
    );
    return told.length === 0
      ? `${name} has none`
      : `${name} from ${told[0]} to ${told.at(-1)}`;
  });
  return (
    <Stack gap={4} miw={0} component="figure" m={0}>
      <Text component="figcaption" size="sm" fw={600}>
        {title}
      </Text>
      <div
        role="img"
        aria-label={`${title}: ${words.join("; ")}`}
        style={{ height }}
      >
        <ResponsiveContainer>
          <LineChart
            data={rows}
            margin={{ top: 8, right: 12, bottom: 4, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--motif-line)" vertical={false} />
            <XAxis
              dataKey="epoch"
              type="number"
              domain={["dataMin", "dataMax"]}
              allowDecimals={false}
              tick={tick}
              stroke="var(--motif-line)"
            />
            <YAxis
              domain={[...domain]}
              tick={tick}
              stroke="var(--motif-line)"
              width={56}
              tickFormatter={format}
            />
            <Tooltip
              formatter={(value, name) => [exactly(Number(value)), name]}
              labelFormatter={(epoch) => `Epoch ${Number(epoch)}`}
              contentStyle={{
                background: "var(--motif-surface)",
                border: "1px solid var(--motif-line)",
                borderRadius: 6,
                color: "var(--mantine-color-text)",
              }}
              itemStyle={{ color: "var(--mantine-color-text)" }}
            />
            {models.map(({ shardIndex, name }, line) => (
              <Line
                key={shardIndex}
                name={name}
                dataKey={(row: EpochRow) => row.values[line]}
                {...lineLook(line)}
                strokeWidth={2}
                dot={rows.length <= mostDots && { r: 3, strokeDasharray: "0" }}
                connectNulls
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
    </Stack>
  );
}
