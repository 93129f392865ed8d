/** What counts of a review, by a word and a sign. */
import { Badge, Text } from "@mantine/core";
import { reviewWords, type ReviewStatus } from "./review-words.ts";

const looks = {
  "needs-work": { sign: "◐", color: "yellow" },
  confirmed: { sign: "✓", color: "blue" },
  dismissed: { sign: "✕", color: "gray" },
} as const;

export function ReviewBadge({ status }: { readonly status: ReviewStatus }) {
  // Most are; so many badges would say nothing.
  if (status === "unreviewed")
    return (
      <Text span size="sm" c="dimmed">
        {reviewWords.unreviewed}
      </Text>
    );
  const { sign, color } = looks[status];
  return (
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
      {reviewWords[status]}
    </Badge>
  );
}
