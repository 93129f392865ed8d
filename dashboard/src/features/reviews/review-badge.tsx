/** What counts of a review, by a word and a sign. */
import { Text } from "@mantine/core";
import { SignBadge } from "../../ui/sign-badge.tsx";
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
  return <SignBadge {...looks[status]} word={reviewWords[status]} />;
}
