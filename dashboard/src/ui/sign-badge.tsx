/** A word with a sign before it; colour only helps. */
import { Badge } from "@mantine/core";

export const SignBadge = ({
  sign,
  color,
  word,
}: {
  readonly sign: string;
  readonly color: string;
  readonly word: string;
}) => (
  <Badge
    variant="light"
    color={color}
    radius="sm"
    tt="none"
    fw={600}
    leftSection={<span aria-hidden="true">{sign}</span>}
    styles={{
      root: { color: "var(--mantine-color-text)" },
      label: { overflow: "visible" },
    }}
  >
    {word}
  </Badge>
);
