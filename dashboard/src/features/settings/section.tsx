import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export const Section = ({
  title,
  says,
  action,
  children,
}: {
  readonly title: string;
  readonly says?: ReactNode;
  readonly action?: ReactNode;
  readonly children?: ReactNode;
}) => (
  <Paper
    withBorder
    p="md"
    radius="md"
    component="section"
    aria-label={title}
    style={{ background: "var(--motif-surface)" }}
  >
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <Stack gap={2} style={{ flex: "1 1 320px" }}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {says !== undefined && (
            <Text size="sm" c="dimmed">
              {says}
            </Text>
          )}
        </Stack>
        {action}
      </Group>
      {children}
    </Stack>
  </Paper>
);
