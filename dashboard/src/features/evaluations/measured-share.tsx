/** A share as it was measured: with its interval beneath, and what it was counted over. */
import { Text } from "@mantine/core";
import { formatCount, formatInterval, formatShare } from "../../ui/format.ts";

export function MeasuredShare({
  measured,
}: {
  readonly measured:
    | {
        readonly share: number;
        readonly n: number;
        readonly wilson95: readonly number[];
      }
    | null
    | undefined;
}) {
  if (!measured) return "–";
  const { share, n, wilson95 } = measured;
  const [low = 0, high = 1] = wilson95;
  return (
    <>
      {formatShare(share)}
      <Text
        size="xs"
        c="dimmed"
        title={`95% interval (Wilson), of ${formatCount(n)} images`}
      >
        {formatInterval(low, high)}
      </Text>
    </>
  );
}
