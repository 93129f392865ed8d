/** A view's title with what can be done there. */
import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useEffect } from "react";

export function PageHeader({
  title,
  eyebrow,
  children,
  actions,
}: {
  readonly title: string;
  /** What kind of thing it is. @example "Model" */
  readonly eyebrow?: string;
  /** Beneath the title. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Motif`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-end" mb="md" gap="sm">
      <Stack gap={2} style={{ minWidth: 0, flex: "1 1 320px" }}>
        {eyebrow !== undefined && (
          <Text size="xs" c="dimmed" fw={600}>
            {eyebrow}
          </Text>
        )}
        <Title order={1} size="h2" className="name" dir="auto" lineClamp={3}>
          {title}
        </Title>
        {children}
      </Stack>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
