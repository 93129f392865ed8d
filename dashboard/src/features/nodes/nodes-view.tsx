"use client";
import { SimpleGrid, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../ui/states.tsx";
import { NodeCard } from "./node-card.tsx";
import { useNodes } from "./use-nodes.ts";

const command =
  "motif join-tokens create\nmotif node --control-plane HOST:PORT --join-token TOKEN";

export function NodesView() {
  const nodes = useNodes();
  const all = nodes.data ?? [];
  const there = all.filter(({ status }) => status !== "OFFLINE");
  const away = all.filter(({ status }) => status === "OFFLINE");
  return (
    <>
      <PageHeader title="Nodes" />
      {nodes.isPending ? (
        <LoadingState rows={3} height={220} />
      ) : nodes.isError && all.length === 0 ? (
        <ErrorState
          error={nodes.error}
          thing="list of nodes"
          onRetry={() => void nodes.refetch()}
        />
      ) : (
        <Stack gap="xl">
          {there.length === 0 ? (
            <EmptyState
              title={
                all.length === 0 ? "There is no node yet" : "No node is online"
              }
              command={command}
            >
              Nodes do the work: jobs wait until one is there. On the machine of
              the control plane, motif up --nodes 1 starts one with it; on
              another, join it with a token.
            </EmptyState>
          ) : (
            <>
              <VisuallyHidden component="h2">Online</VisuallyHidden>
              <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
                {there.map((node) => (
                  <NodeCard key={node.id} node={node} />
                ))}
              </SimpleGrid>
            </>
          )}
          {away.length > 0 && (
            <Stack gap="sm">
              <Title order={2} size="h4">
                Offline
              </Title>
              <Text size="sm" c="dimmed">
                Their work was given to others. They come back by themselves
                when they are started again.
              </Text>
              <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
                {away.map((node) => (
                  <NodeCard key={node.id} node={node} />
                ))}
              </SimpleGrid>
            </Stack>
          )}
        </Stack>
      )}
    </>
  );
}
