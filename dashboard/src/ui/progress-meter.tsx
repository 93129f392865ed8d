/** A bar that says its value in words, not only as a number. */
import { Progress, type MantineColor, type MantineSize } from "@mantine/core";

export function ProgressMeter({
  share,
  label,
  words,
  color,
  size = "md",
  width,
}: {
  /** 0…1. */
  readonly share: number;
  readonly label: string;
  /** The value as it is read out. */
  readonly words: string;
  readonly color?: MantineColor;
  readonly size?: MantineSize;
  /** CSS pixels; otherwise all there is. */
  readonly width?: number;
}) {
  const value = Math.min(1, Math.max(0, share)) * 100;
  return (
    <Progress.Root size={size} transitionDuration={200} w={width}>
      <Progress.Section
        value={value}
        {...(color !== undefined && { color })}
        withAria={false}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value)}
        aria-valuetext={words}
      />
    </Progress.Root>
  );
}
