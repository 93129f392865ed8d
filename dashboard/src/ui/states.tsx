/** What a view shows when it has nothing to show: still loading, empty, refused, gone. */
import {
  Button,
  Code,
  Paper,
  Skeleton,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import type { ReactNode } from "react";
import { isNotFound, needsLogin } from "../api/api-problem.ts";

/** As high as what comes, so that nothing jumps. */
export function LoadingState({
  rows = 6,
  height = 36,
}: {
  readonly rows?: number;
  readonly height?: number;
}) {
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={height} />
      ))}
    </Stack>
  );
}

/** @param command what fills it, on the command line */
export function EmptyState({
  title,
  children,
  command,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
  readonly action?: ReactNode;
}) {
  return (
    <Paper withBorder p="xl" radius="md">
      <Stack gap="sm" align="flex-start" maw={640}>
        <Title order={2} size="h4">
          {title}
        </Title>
        {children !== undefined && <Text>{children}</Text>}
        {command !== undefined && (
          <Code block maw="100%" tabIndex={0}>
            {command}
          </Code>
        )}
        {action}
      </Stack>
    </Paper>
  );
}

/** @param thing what was asked for. @example "model" */
export function ErrorState({
  error,
  thing,
  onRetry,
}: {
  readonly error: unknown;
  readonly thing: string;
  readonly onRetry?: () => void;
}) {
  const isGone = isNotFound(error);
  const title = isGone
    ? `This ${thing} is not here (any more)`
    : needsLogin(error)
      ? "Log in to see this"
      : `The ${thing} cannot be shown`;
  return (
    <Paper withBorder p="xl" radius="md" role="alert">
      <Stack gap="sm" align="flex-start" maw={640}>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text className="name">
          {error instanceof Error ? error.message : String(error)}
        </Text>
        {!isGone && !needsLogin(error) && onRetry && (
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Paper>
  );
}
