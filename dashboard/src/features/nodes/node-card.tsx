/** A node: what it is, how it is, what it is doing. */
import {
  Anchor,
  Badge,
  Group,
  Paper,
  Stack,
  Text,
  Title,
  Tooltip,
} from "@mantine/core";
import Link from "next/link";
import type { ReactNode } from "react";
import type { GpuNode } from "../../api/types.ts";
import {
  formatCount,
  formatMoment,
  formatShare,
  formatSi,
} from "../../ui/format.ts";
import { ProgressMeter } from "../../ui/progress-meter.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { deviceWords, heartbeatAge } from "./heartbeat-age.ts";
import { NodeActions } from "./node-actions.tsx";
import styles from "./node-card.module.css";
import { useSecond } from "./use-second.ts";

export function NodeCard({ node }: { readonly node: GpuNode }) {
  const { memoryBytes, memoryUsedBytes, shardsPerMinute } = node;
  const isThere = node.status !== "OFFLINE";
  return (
    <Paper
      withBorder
      p="md"
      radius="md"
      component="article"
      className={styles.card}
    >
      <Stack gap="sm" h="100%">
        <Group
          justify="space-between"
          align="flex-start"
          wrap="nowrap"
          gap="sm"
        >
          <Title order={3} size="h5" className="name" dir="auto" lineClamp={2}>
            {node.name}
          </Title>
          <Group gap={6} wrap="nowrap">
            {node.isRevoked && (
              <Badge
                variant="light"
                color="red"
                radius="sm"
                tt="none"
                styles={{ root: { color: "var(--mantine-color-text)" } }}
              >
                revoked
              </Badge>
            )}
            <StatusBadge status={node.status} />
          </Group>
        </Group>
        <dl className={styles.facts}>
          <Fact name="Heard of">
            <Heartbeat node={node} />
          </Fact>
          <Fact name="Device">
            {deviceWords(node)}
            {node.threads !== null &&
              `, ${node.threads} ${node.threads === 1 ? "thread" : "threads"}`}
          </Fact>
          {isThere && (
            <>
              <Fact name="Slots">
                <Meter
                  label={`Slots of ${node.name}`}
                  share={node.slots === 0 ? 0 : node.running / node.slots}
                  words={`${node.running} of ${node.slots} used`}
                />
              </Fact>
              {memoryBytes !== null && (
                <Fact name="Memory">
                  <Meter
                    label={`Memory of ${node.name}`}
                    share={(memoryUsedBytes ?? 0) / memoryBytes}
                    words={
                      memoryUsedBytes === null
                        ? formatSi(memoryBytes, "B")
                        : `${formatSi(memoryUsedBytes, "B")} of ${formatSi(memoryBytes, "B")}`
                    }
                  />
                </Fact>
              )}
              <Fact name="Throughput">
                {formatCount(Math.round(shardsPerMinute * 10) / 10)} shards a
                minute
              </Fact>
            </>
          )}
          <Fact name="Version">{node.version ?? "unknown"}</Fact>
          <Fact name="Address">
            <span className="name">{node.address ?? "unknown"}</span>
          </Fact>
        </dl>
        {isThere ? (
          <Leases node={node} />
        ) : (
          node.isDrained && (
            <Text size="sm" c="dimmed">
              It is drained: it gets no work when it comes back.
            </Text>
          )
        )}
        <div className={styles.actions}>
          <NodeActions node={node} />
        </div>
      </Stack>
    </Paper>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="numbers">{children}</dd>
    </>
  );
}

function Meter({
  label,
  share,
  words,
}: {
  readonly label: string;
  readonly share: number;
  readonly words: string;
}) {
  return (
    <Group gap="sm" wrap="nowrap">
      <ProgressMeter share={share} label={label} words={words} width={72} />
      <span>{words}</span>
    </Group>
  );
}

function Heartbeat({ node }: { readonly node: GpuNode }) {
  // Clocks of servers and readers differ a little: nothing is heard in the future.
  const { words, isWorrying } = heartbeatAge(node, useSecond());
  const text = (
    <Text
      span
      inherit
      c={isWorrying ? "var(--motif-warning)" : undefined}
      fw={isWorrying ? 600 : undefined}
      tabIndex={0}
    >
      {isWorrying && <span aria-hidden="true">⚠ </span>}
      {words}
      {isWorrying && ", heartbeats are late"}
    </Text>
  );
  return node.lastSeenAt === null ? (
    text
  ) : (
    <Tooltip label={formatMoment(node.lastSeenAt)}>{text}</Tooltip>
  );
}

const mostListed = 8;

function Leases({
  node: { leases, running, isDrained },
}: {
  readonly node: GpuNode;
}) {
  if (leases.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {isDrained
          ? "It is drained: it has finished what it held, and gets no work."
          : "It waits for work."}
      </Text>
    );
  return (
    <Stack gap={4} component="ul" className={styles.leases}>
      {leases
        .slice(0, mostListed)
        .map(({ jobId, jobName, shardIndex, done }) => (
          <li key={`${jobId} ${shardIndex}`}>
            <Group justify="space-between" gap="sm" wrap="nowrap">
              <Anchor
                component={Link}
                href={`/job?id=${jobId}&tab=shards&shard=${shardIndex}`}
                size="sm"
                className="name"
                dir="auto"
                lineClamp={1}
              >
                {jobName}, shard {formatCount(shardIndex)}
              </Anchor>
              <Text size="sm" className="numbers">
                {formatShare(done, 0)}
              </Text>
            </Group>
          </li>
        ))}
      {running > mostListed && (
        <Text component="li" size="sm" c="dimmed">
          and {formatCount(running - mostListed)} more
        </Text>
      )}
    </Stack>
  );
}
