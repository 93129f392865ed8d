/** Which of the measured pattern sizes is shown. */
import { Group, Slider, Stack, Switch, Text } from "@mantine/core";
import { formatCount, formatShare } from "../../ui/format.ts";
import { firstChoice, type ChosenK } from "./chosen-k.ts";

export function SizeSlider({
  ks,
  fractions,
  chosen,
  choose,
  isDisabled,
}: {
  readonly ks: readonly number[];
  readonly fractions: readonly number[];
  readonly chosen: ChosenK;
  readonly choose: (chosen: ChosenK) => void;
  readonly isDisabled: boolean;
}) {
  const at = chosen === "star" ? firstChoice(ks) : chosen;
  const k = ks[at] ?? 0;
  const words =
    chosen === "star"
      ? "each pattern at its own k*"
      : `${formatCount(k)} pixels, ${formatShare(fractions[at] ?? 0, 2)} of the image`;
  return (
    <Group
      gap="md"
      align="flex-end"
      wrap="nowrap"
      style={{ flex: "1 1 280px" }}
    >
      <Stack gap={6} style={{ flex: 1, minWidth: 160, maxWidth: 420 }}>
        <Text size="xs" fw={500} className="numbers" aria-live="polite">
          Pattern size k: {words}
        </Text>
        <Slider
          thumbLabel="Pattern size k"
          thumbProps={{ "aria-valuetext": words }}
          label={null}
          min={0}
          max={Math.max(1, ks.length - 1)}
          step={1}
          value={at}
          disabled={chosen === "star" || ks.length < 2}
          marks={ks.map((_, value) => ({ value }))}
          onChange={choose}
        />
      </Stack>
      <Switch
        label="k*"
        aria-label="Each pattern at its own k*"
        checked={chosen === "star"}
        disabled={isDisabled && chosen !== "star"}
        onChange={({ currentTarget }) =>
          choose(currentTarget.checked ? "star" : firstChoice(ks))
        }
      />
    </Group>
  );
}
