/** What went wrong with a job, where, and what to do about it: above all else on its page. */
import { Alert, Anchor, Button, Group, List, Stack, Text } from "@mantine/core";
import Link from "next/link";
import type { Job, Shard } from "../../api/types.ts";
import { isInputFault, plural, rangesOf, shardWords } from "./job-words.ts";
import { useChangeJob } from "./use-change-job.ts";

/** Different problems that are shown; the shards' table has all. */
const mostShown = 3;

export function JobTrouble({
  job,
  shards,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const change = useChangeJob(job);
  if (job.shards.dead === 0) return null;
  const dead = shards.filter(({ status }) => status === "DEAD");
  const problems = [
    ...Map.groupBy(dead, ({ problem }) => problem ?? "No reason was given."),
  ].sort(([, a], [, b]) => b.length - a.length);
  const isInput = dead.length > 0 && dead.every(isInputFault);
  return (
    <Alert
      color="red"
      variant="light"
      mb="md"
      title={`${plural(job.shards.dead, "shard")} of ${job.shards.total} ${job.shards.dead === 1 ? "was" : "were"} given up`}
      role="alert"
    >
      <Stack gap="sm">
        <List size="sm" spacing={6}>
          {problems.slice(0, mostShown).map(([problem, of]) => (
            <List.Item key={problem}>
              <Text span fw={600} size="sm">
                {of.length === 1 ? "Shard " : "Shards "}
                <Anchor
                  component={Link}
                  href={`/job?id=${job.id}&tab=shards&state=DEAD&shard=${of[0]!.index}`}
                  underline="always"
                  c="inherit"
                  inherit
                >
                  {rangesOf(of.slice(0, 50).map(({ index }) => index))}
                </Anchor>
                {of.length === 1 && shardWords(of[0]!) !== ""
                  ? ` (${shardWords(of[0]!)})`
                  : ""}
                :{" "}
              </Text>
              <span className="name">{problem}</span>
            </List.Item>
          ))}
        </List>
        {problems.length > mostShown && (
          <Text size="sm">
            {plural(problems.length - mostShown, "further problem")} in the
            shards' table.
          </Text>
        )}
        <Text size="sm">
          {isInput
            ? "Trying again did not promise to help, so nodes did not: the fault is in what the job was given. Mend what the message names (register the model or data set anew where a file is wrong, or start the job with other settings), then try again."
            : "Nodes tried until the attempts were used up. Look at the attempts for the nodes it happened on; once the cause is gone, try again."}
        </Text>
        {job.status !== "CANCELLED" && (
          <Group gap="xs">
            <Button
              color="red.9"
              loading={change.isPending}
              onClick={() => change.mutate({ kind: "redrive" })}
            >
              Try {plural(job.shards.dead, "dead shard")} again
            </Button>
            <Text size="xs" className="name">
              or: motif redrive {job.id}
            </Text>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
