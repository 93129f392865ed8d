"use client";
/** Everything about one pattern, beside its gallery. */
import {
  ActionIcon,
  Anchor,
  Button,
  CopyButton,
  Group,
  Paper,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Title,
  Tooltip,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { api, bodyOf } from "../../../api/client.ts";
import type { Pattern } from "../../../api/types.ts";
import {
  formatCount,
  formatDuration,
  formatInterval,
  formatShare,
  formatSi,
} from "../../../ui/format.ts";
import { ErrorState } from "../../../ui/states.tsx";
import type { Backdrop } from "../backdrop.ts";
import { powerAt } from "../chosen-k.ts";
import type { OpenPattern } from "../gallery-model.ts";
import { plannedSearchOf } from "../planned-search.ts";
import type { PictureKind } from "../sheet.ts";
import classes from "./detail.module.css";
import { FullPicture } from "./full-picture.tsx";
import { loadFullSheet } from "./full-sheet.ts";
import { PatternReview } from "./pattern-review.tsx";
import { SourceBars } from "./source-bars.tsx";

const PowerCurve = dynamic(() => import("./power-curve.tsx"), {
  ssr: false,
  loading: () => <Skeleton height={206} />,
});

const CurveChart = dynamic(
  () => import("../../../ui/curve-chart.tsx").then((file) => file.CurveChart),
  { ssr: false, loading: () => <Skeleton height={traceHeight} /> },
);
const traceHeight = 140;

interface PatternDetailProps {
  readonly open: OpenPattern;
  readonly kind: PictureKind;
  readonly backdrop: Backdrop | null;
  readonly onClose: () => void;
}

export function PatternDetail({
  open,
  kind,
  backdrop,
  onClose,
}: PatternDetailProps) {
  const { cell, model, row } = open;
  const { classNames, title } = model;
  const name = classNames[cell.targetClass] ?? `class ${cell.targetClass}`;
  return (
    <Stack gap="md" component="section" aria-label={`Pattern of ${name}`}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Stack gap={0} style={{ minWidth: 0 }}>
          <Title order={2} size="h4" className="name" dir="auto">
            {name}
          </Title>
          <Text size="sm" c="dimmed" className="name" dir="auto">
            {title}: class {cell.targetClass}, canvas {cell.canvasIndex}, seed{" "}
            {cell.seed}
          </Text>
        </Stack>
        <Group gap={4} wrap="nowrap">
          <CopyButton value={location.href}>
            {({ copied, copy }) => (
              <Button variant="default" size="compact-sm" onClick={copy}>
                {copied ? "Copied" : "Copy link"}
              </Button>
            )}
          </CopyButton>
          <Tooltip label="Close">
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Close the pattern"
              onClick={onClose}
            >
              ✕
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {row ? (
        <>
          <Body {...{ open, kind, backdrop }} id={row.id} />
          <PatternReview open={open} id={row.id} name={name} />
        </>
      ) : (
        <Paper withBorder p="md" radius="md">
          <Text>
            This pattern is not there: its search has not ended yet, or was
            never planned.
          </Text>
        </Paper>
      )}
    </Stack>
  );
}

function Body({
  open,
  kind,
  backdrop,
  id,
}: Omit<PatternDetailProps, "onClose"> & { readonly id: string }) {
  const { row, ks, chosen, model } = open;
  const detail = useQuery({
    queryKey: ["pattern", id],
    queryFn: () =>
      bodyOf(api.GET("/api/patterns/{id}", { params: { path: { id } } })),
    staleTime: Infinity,
  });
  const facts = detail.data;
  const sheet = useQuery({
    queryKey: ["full-sheet", facts?.canvasSha256, facts?.maskSha256],
    queryFn: ({ signal }) =>
      loadFullSheet(facts!.canvasSha256, facts!.maskSha256, signal),
    enabled: facts !== undefined,
    staleTime: Infinity,
    gcTime: 30_000,
    structuralSharing: false,
  });
  const error = detail.error ?? sheet.error;
  if (error) return <ErrorState error={error} thing="pattern" />;
  if (!facts || !sheet.data || !row) return <Skeleton height={560} />;
  const shown = powerAt(row, ks, chosen);
  const k = shown?.k ?? 0;
  const name =
    model.classNames[facts.targetClass] ?? `class ${facts.targetClass}`;
  const other = kind === "mask" ? "pattern" : "mask";
  return (
    <div className={classes.blocks}>
      <Stack gap="sm">
        <FullPicture
          key={`${id} ${kind}`}
          sheet={sheet.data}
          kind={kind}
          k={k}
          pastedOn={
            backdrop?.pixelsFor(name, sheet.data.width, sheet.data.height) ??
            null
          }
          label={`${words[kind]} of ${name}`}
        />
        <SimpleGrid cols={2} spacing="sm">
          {([other, "canvas"] as const).map((small) => (
            <SmallPicture
              key={small}
              sha256={
                small === "canvas"
                  ? facts.canvasSha256
                  : small === "mask"
                    ? facts.heatmapSha256
                    : facts.patternSha256
              }
              label={`${words[small]} of ${name}`}
              caption={words[small]}
            />
          ))}
        </SimpleGrid>
      </Stack>
      <Stack gap="md">
        {shown && (
          <Text size="sm" className="numbers">
            <Text span fw={650} inherit>
              {formatShare(shown.power)}
            </Text>{" "}
            of {formatCount(row.n)} images of other classes are predicted as{" "}
            <bdi>{name}</bdi> with {formatCount(k)} pixels (95% interval{" "}
            {formatInterval(shown.low, shown.high)});{" "}
            {formatShare(row.baseRate)} without.{" "}
            {facts.kStar === null
              ? `No measured size reaches ${formatShare(plannedSearchOf(model.job).threshold, 0)}.`
              : `k* is ${formatCount(facts.kStar)}.`}
          </Text>
        )}
        <PowerCurve
          points={facts.curve.map(
            ({ k, power, wilson95: [low = 0, high = 1] }) => ({
              ...{ k, power, low, high },
            }),
          )}
          baseRate={row.baseRate}
          threshold={plannedSearchOf(model.job).threshold}
          k={k}
        />
        <SourceBars
          sources={facts.sourceToTarget}
          classNames={model.classNames}
        />
        {facts.trace && <Trace trace={facts.trace} />}
        <dl className={classes.facts}>
          <dt>Mask L1</dt>
          <dd>{facts.maskL1.toFixed(2)}</dd>
          <dt>Steps</dt>
          <dd>{formatCount(facts.steps)}</dd>
          <dt>Image gradients</dt>
          <dd>{formatSi(facts.imageGradients, "")}</dd>
          <dt>Time</dt>
          <dd>{formatDuration(facts.wallMs / 1000)}</dd>
          {facts.nodeName !== null && (
            <>
              <dt>Node</dt>
              <dd>{facts.nodeName}</dd>
            </>
          )}
        </dl>
        <Group gap="md">
          {(
            [
              ["Pattern (PNG)", facts.patternSha256, "pattern.png"],
              ["Heat map (PNG)", facts.heatmapSha256, "heatmap.png"],
              ["Mask (.npy)", facts.maskSha256, "mask.npy"],
            ] as const
          ).map(([text, sha256, file]) => (
            <Anchor
              key={file}
              size="sm"
              href={`/api/artifacts/${sha256}`}
              download={`class-${facts.targetClass}-canvas-${facts.canvasIndex}-seed-${facts.seed}-${file}`}
            >
              {text}
            </Anchor>
          ))}
        </Group>
      </Stack>
    </div>
  );
}

/** How its search went. */
const Trace = ({
  trace: { steps, loss, maskL1 },
}: {
  readonly trace: NonNullable<Pattern["trace"]>;
}) => {
  const pointsOf = (values: readonly number[]) =>
    steps.map((step, i) => ({ step, value: values[i]! }));
  return (
    <SimpleGrid cols={1} spacing="sm">
      {(
        [
          ["Loss by step", loss],
          ["Mask size (L1) by step", maskL1],
        ] as const
      ).map(([name, values]) => (
        <CurveChart
          key={name}
          name={name}
          height={traceHeight}
          points={pointsOf(values)}
        />
      ))}
    </SimpleGrid>
  );
};

const words: Readonly<Record<PictureKind, string>> = {
  pattern: "Pattern",
  mask: "Mask",
  canvas: "Canvas",
  pasted: "Pattern on an image",
};

const SmallPicture = ({
  sha256,
  label,
  caption,
}: {
  readonly sha256: string;
  readonly label: string;
  readonly caption: string;
}) => (
  <figure style={{ margin: 0 }}>
    <img
      src={`/api/artifacts/${sha256}`}
      alt={label}
      className="pixels"
      style={{
        width: "100%",
        aspectRatio: 1,
        objectFit: "contain",
        borderRadius: 4,
        background: "var(--motif-plate)",
      }}
    />
    <Text component="figcaption" size="xs" c="dimmed">
      {caption}
    </Text>
  </figure>
);
