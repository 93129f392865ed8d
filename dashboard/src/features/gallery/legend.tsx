/** What a gallery's tiles show, in words. */
import { Group, Text } from "@mantine/core";
import { rampGradient } from "./color-ramp.ts";
import { kinds, type PictureKind } from "./sheet.ts";
import type { Pasting } from "./use-backdrop.ts";

export function Legend({
  kind,
  backdrop,
  refusal,
}: { readonly kind: PictureKind } & Pasting) {
  return (
    <Group gap="lg" flex="1 1 280px">
      <Text size="xs" c="dimmed">
        Bar: predictive power; line in it: 95% interval; tick: base rate, the
        share predicted as the class without the pattern.
      </Text>
      {refusal !== null && (
        <Text size="xs" c="dimmed">
          {kinds.pasted}: {refusal}
        </Text>
      )}
      {kind === "pasted" && backdrop && (
        <Text size="xs" c="dimmed">
          Pasted on {backdrop.label}.
        </Text>
      )}
      {kind === "mask" && (
        <Group gap={6}>
          <Text size="xs" c="dimmed">
            mask 0
          </Text>
          <div
            aria-hidden="true"
            style={{
              width: 120,
              height: 10,
              borderRadius: 3,
              background: rampGradient,
            }}
          />
          <Text size="xs" c="dimmed">
            1
          </Text>
        </Group>
      )}
    </Group>
  );
}
