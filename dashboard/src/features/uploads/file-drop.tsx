"use client";
/** Where files are dropped, or chosen by a button. */
import { Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";

export const FileDrop = ({
  title,
  says,
  isDisabled,
  onFiles,
}: {
  readonly title: string;
  readonly says: string;
  readonly isDisabled?: boolean;
  readonly onFiles: (files: File[]) => void;
}) => (
  <Dropzone
    onDrop={onFiles}
    disabled={isDisabled ?? false}
    multiple
    p="lg"
    aria-label={title}
  >
    <Stack gap={4} align="center" style={{ pointerEvents: "none" }}>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" ta="center">
        {says}
      </Text>
    </Stack>
  </Dropzone>
);
