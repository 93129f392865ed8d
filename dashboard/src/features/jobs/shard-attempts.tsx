/** Every time a shard was given to a node, and what came of it. */
import { Code, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { bodyOf, api } from "../../api/client.ts";
import type { Attempt, Job, Shard } from "../../api/types.ts";
import { formatDuration } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { shardsKey } from "./use-job-data.ts";

export function ShardAttempts({
  job,
  shard,
}: {
  readonly job: Job;
  readonly shard: Shard;
}) {
  const attempts = useQuery({
    // Read anew whenever the shard has moved on.
    queryKey: [
      ...shardsKey(job.id),
      shard.index,
      "attempts",
      shard.status,
      shard.retryCount,
    ],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/jobs/{id}/shards/{index}/attempts", {
          params: { path: { id: job.id, index: String(shard.index) } },
          signal,
        }),
      ),
  });
  return (
    <Stack gap="sm">
      {shard.problem !== null && (
        <Code block className="name" style={{ whiteSpace: "pre-wrap" }}>
          {shard.problem}
        </Code>
      )}
      {attempts.isPending ? (
        <LoadingState rows={2} height={28} />
      ) : attempts.isError ? (
        <ErrorState
          error={attempts.error}
          thing="list of attempts"
          onRetry={() => void attempts.refetch()}
        />
      ) : attempts.data.length === 0 ? (
        <Text size="sm" c="dimmed">
          It was not given to a node yet.
        </Text>
      ) : (
        <Table
          verticalSpacing={6}
          aria-label={`Attempts of shard ${shard.index}`}
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Node</Table.Th>
              <Table.Th>Granted</Table.Th>
              <Table.Th>Accepted after</Table.Th>
              <Table.Th>Last heard of</Table.Th>
              <Table.Th>Ended after</Table.Th>
              <Table.Th>Outcome</Table.Th>
              <Table.Th>Lease</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {attempts.data.map((attempt) => (
              <Table.Tr key={attempt.leaseId}>
                <Table.Td className="name" dir="auto">
                  {attempt.nodeName ?? attempt.nodeId.slice(0, 8)}
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={attempt.grantedAt} />
                </Table.Td>
                <Table.Td className="numbers">
                  {after(attempt.grantedAt, attempt.acceptedAt)}
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={attempt.renewedAt} />
                </Table.Td>
                <Table.Td className="numbers">
                  {after(attempt.grantedAt, attempt.endedAt)}
                </Table.Td>
                <Table.Td>{outcomeWord(attempt)}</Table.Td>
                <Table.Td>
                  <Text size="xs" ff="monospace" title={attempt.leaseId}>
                    {attempt.leaseId.slice(0, 8)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

/** @example "0.4 s" */
function after(from: string, to: string | null): string {
  if (to === null) return "–";
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  return seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}

const outcomeWords: Readonly<Record<NonNullable<Attempt["outcome"]>, string>> =
  {
    SUCCEEDED: "done",
    FAILED: "failed",
    EXPIRED: "nothing was heard of it",
    REFUSED: "was not accepted",
    YIELDED: "given back",
    CANCELLED: "cancelled",
  };

const outcomeWord = ({ outcome }: Attempt): string =>
  outcome === null ? "goes on" : outcomeWords[outcome];
