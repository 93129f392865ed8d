import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** What is known of a thing, beneath what it is called. */
export const Fact = ({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) => (
  <Stack gap={2}>
    <Text size="xs" c="dimmed" fw={600}>
      {label}
    </Text>
    {children}
  </Stack>
);
