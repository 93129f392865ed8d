/** One picture of a pattern, down to its pixels: zoom by buttons or keys, what is under the pointer in words. */
import { ActionIcon, Box, Group, Text, Tooltip } from "@mantine/core";
import { useEffect, useRef, useState, type PointerEvent } from "react";
import { ramp } from "../color-ramp.ts";
import { drawPicture, type PictureKind } from "../sheet.ts";
import type { FullSheet } from "./full-sheet.ts";
import classes from "./detail.module.css";

const mostZoom = 32;
/** Room for a picture at the first look, CSS pixels. */
const firstSide = 336;
/** From here on the pixels' borders are drawn. */
const gridFrom = 10;

interface FullPictureProps {
  readonly sheet: FullSheet;
  readonly kind: PictureKind;
  readonly k: number;
  /** The image that it is pasted on: R, G, B, A of the sheet's size. */
  readonly pastedOn: Uint8ClampedArray | null;
  /** What it shows, in words. */
  readonly label: string;
}

export function FullPicture({
  sheet,
  kind,
  k,
  pastedOn,
  label,
}: FullPictureProps) {
  const { width, height, values, ranks } = sheet;
  const fit = Math.max(1, Math.floor(firstSide / Math.max(width, height)));
  const [zoom, setZoom] = useState(fit);
  const [under, setUnder] = useState<number | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    drawPicture(sheet, kind, k, ramp, pastedOn, image.data);
    context.putImageData(image, 0, 0);
  }, [sheet, kind, k, pastedOn, width, height]);
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - left) / zoom);
    const row = Math.floor((event.clientY - top) / zoom);
    const isInside = column >= 0 && column < width && row >= 0 && row < height;
    setUnder(isInside ? row * width + column : null);
  };
  const turn = (by: number) =>
    setZoom((last) => Math.min(mostZoom, Math.max(1, last + by)));
  return (
    <Box>
      <div
        className={classes.viewer}
        style={{ height: Math.min(height * fit, firstSide) + 2 }}
        tabIndex={0}
        role="group"
        aria-label={`${label}; plus and minus zoom`}
        onKeyDown={({ key }) => {
          if (key === "+" || key === "=") turn(1);
          if (key === "-") turn(-1);
        }}
      >
        <div
          className={classes.picture}
          data-grid={zoom >= gridFrom || undefined}
          style={{
            width: width * zoom,
            height: height * zoom,
            ["--zoom" as string]: `${zoom}px`,
          }}
        >
          <canvas
            ref={canvas}
            width={width}
            height={height}
            role="img"
            aria-label={label}
            style={{ width: width * zoom, height: height * zoom }}
            onPointerMove={point}
            onPointerLeave={() => setUnder(null)}
          />
        </div>
      </div>
      <Group justify="space-between" mt={4} wrap="nowrap" h={30}>
        <Text size="xs" c="dimmed" className="numbers" truncate>
          {under === null
            ? `${width} × ${height} pixels, ${zoom} times their size`
            : `row ${Math.floor(under / width)}, column ${under % width}: mask ${values[under]!.toFixed(3)}, rank ${ranks[under]! + 1}`}
        </Text>
        <Group gap={4} wrap="nowrap">
          <Zoom label="Smaller" sign="−" onClick={() => turn(-1)} />
          <Zoom label="Larger" sign="+" onClick={() => turn(1)} />
        </Group>
      </Group>
    </Box>
  );
}

const Zoom = ({
  label,
  sign,
  onClick,
}: {
  readonly label: string;
  readonly sign: string;
  readonly onClick: () => void;
}) => (
  <Tooltip label={label}>
    <ActionIcon
      variant="default"
      size="sm"
      aria-label={label}
      onClick={onClick}
    >
      {sign}
    </ActionIcon>
  </Tooltip>
);
