import { Group, Text } from "@mantine/core";
import Link from "next/link";

/** A pattern of our own: five pixels of a mask. */
const cells = [
  [0, 0, 0.35],
  [1, 0, 1],
  [0, 1, 1],
  [1, 1, 0.65],
  [2, 2, 0.35],
] as const;

export const Wordmark = () => (
  <Link
    href="/"
    aria-label="Motif, to the models"
    style={{ textDecoration: "none", color: "inherit" }}
  >
    <Group gap={8} wrap="nowrap">
      <svg width="22" height="22" viewBox="0 0 3 3" aria-hidden="true">
        {cells.map(([x, y, opacity]) => (
          <rect
            key={`${x} ${y}`}
            x={x + 0.06}
            y={y + 0.06}
            width="0.88"
            height="0.88"
            rx="0.16"
            fill="var(--mantine-primary-color-filled)"
            opacity={opacity}
          />
        ))}
      </svg>
      <Text span fw={700} fz="lg">
        Motif
      </Text>
    </Group>
  </Link>
);
