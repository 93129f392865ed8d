/**
 * RUNNING → SUCCEEDED: a result is written once, whoever sends it how often. The row in `result` is the proof; only after the commit
 * may it be acknowledged.
 */
import type { PgBoss } from "pg-boss";
import type { Database, Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import { appendEvents } from "../progress/append-events.ts";
import { explainMisfit } from "../results/explain-misfit.ts";
import { findMissingArtifacts } from "../results/find-missing-artifacts.ts";
import { writeResults } from "../results/write-results.ts";
import type { ShardSpec } from "../shards/shard-spec.ts";
import {
  endLeases,
  lockHeldShards,
  lockJobsOf,
  type HeldShard,
} from "./held-shards.ts";
import type { Misfit, ResultVerdict, SentResult } from "./lease-operations.ts";
import { onConnection } from "./queue-on-connection.ts";
import { settleJobs } from "./settle-jobs.ts";

export interface Completion {
  readonly verdicts: readonly (ResultVerdict | Misfit)[];
  /** Jobs that came further by it. */
  readonly jobIds: readonly string[];
}

export function completeShards(
  database: Database,
  queue: PgBoss,
  sent: readonly SentResult[],
): Promise<Completion> {
  // The same result twice in one batch is one result.
  const results = [
    ...new Map(sent.map((result) => [result.leaseId, result])).values(),
  ];
  if (results.length === 0)
    return Promise.resolve({ verdicts: [], jobIds: [] });
  return database.transaction(async (client) => {
    await lockJobsOf(
      client,
      results.map(({ shardId }) => shardId),
    );
    const held = await lockHeldShards(
      client,
      results.map(({ leaseId }) => leaseId),
    );
    const verdicts: (ResultVerdict | Misfit)[] = [];
    const fenced: Accepted[] = [];
    const others: SentResult[] = [];
    for (const result of results) {
      const lease = held.get(result.leaseId);
      if (lease && isOf(lease, result)) fenced.push({ lease, result });
      else others.push(result);
    }
    verdicts.push(...(await judgeReplays(client, others)));
    const accepted = await judgeFenced(client, fenced, verdicts);
    const jobIds = await write(client, queue, accepted);
    return { verdicts, jobIds };
  });
}

interface Accepted {
  readonly lease: HeldShard;
  readonly result: SentResult;
}

const isOf = (lease: HeldShard, result: SentResult): boolean =>
  lease.shardId === result.shardId &&
  lease.nodeId === result.nodeId &&
  lease.retryCount === result.retryCount;

/** Results without a lease that counts: written already, by this lease, or too late. */
async function judgeReplays(
  client: Queryable,
  results: readonly SentResult[],
): Promise<ResultVerdict[]> {
  if (results.length === 0) return [];
  const { rows } = await client.query<{ leaseId: string }>(
    `SELECT lease_id AS "leaseId" FROM result WHERE shard_id = ANY($1::uuid[])`,
    [results.map(({ shardId }) => shardId)],
  );
  const stored = new Set(rows.map(({ leaseId }) => leaseId));
  return results.map(({ leaseId }) =>
    stored.has(leaseId)
      ? { leaseId, verdict: "stored", reason: "" }
      : {
          leaseId,
          verdict: "stale",
          reason:
            "The lease is no longer open: its time was up, or its job was cancelled.",
        },
  );
}

/** @param verdicts gets those of results that are not accepted; of the accepted ones, too */
async function judgeFenced(
  client: Queryable,
  fenced: readonly Accepted[],
  verdicts: (ResultVerdict | Misfit)[],
): Promise<readonly Accepted[]> {
  if (fenced.length === 0) return [];
  const missing = await findMissingArtifacts(
    client,
    fenced.map(({ result }) => result.result),
  );
  const { rows } = await client.query<{ id: string; spec: ShardSpec }>(
    // Where nothing was asked for and nothing has come, there is nothing to compare.
    `SELECT id, spec FROM shard WHERE id = ANY($1::uuid[]) AND (spec->>'kind' <> 'noop' OR id = ANY($2::uuid[]))`,
    [
      fenced.map(({ lease }) => lease.shardId),
      fenced
        .filter(({ result }) => result.result.kind !== "noop")
        .map(({ lease }) => lease.shardId),
    ],
  );
  const specs = new Map(rows.map(({ id, spec }) => [id, spec]));
  return fenced.filter(({ lease, result }, index) => {
    const { leaseId } = lease;
    const spec = specs.get(lease.shardId);
    const misfit = spec && explainMisfit(spec, result.result);
    const lacking = missing[index];
    if (misfit !== undefined)
      verdicts.push({ leaseId, verdict: "misfit", reason: misfit });
    else if (lacking !== undefined)
      verdicts.push({
        leaseId,
        verdict: "incomplete",
        reason: `The artifact ${lacking} is not stored. Upload it and send the result again.`,
      });
    else {
      verdicts.push({ leaseId, verdict: "stored", reason: "" });
      return true;
    }
    return false;
  });
}

async function write(
  client: Queryable,
  queue: PgBoss,
  accepted: readonly Accepted[],
): Promise<readonly string[]> {
  if (accepted.length === 0) return [];
  const written = await writeResults(
    client,
    accepted.map(({ lease, result }) => ({
      shardId: lease.shardId,
      jobId: lease.jobId,
      leaseId: lease.leaseId,
      nodeId: lease.nodeId,
      result: result.result,
    })),
  );
  await client.query(
    `UPDATE shard SET status = 'SUCCEEDED', lease_id = NULL, done = 1, problem = NULL, updated_at = now()
     WHERE id = ANY($1::uuid[])`,
    [accepted.map(({ lease }) => lease.shardId)],
  );
  await endLeases(
    client,
    accepted.map(({ lease }) => lease.leaseId),
    "SUCCEEDED",
  );
  // Not completed but deleted: what came of it is in the shard's row, and a completed job would only make the queue's table long.
  await queue.deleteJob(
    shardQueue,
    accepted.map(({ lease }) => ({
      id: lease.queueId,
      retryCount: lease.retryCount,
    })),
    onConnection(client),
  );
  const byJob = Map.groupBy(accepted, ({ lease }) => lease.jobId);
  const ended = await settleJobs(
    client,
    [...byJob].map(([jobId, ofJob]) => ({
      jobId,
      succeeded: ofJob.length,
      dead: 0,
    })),
  );
  await appendEvents(client, [...written, ...ended]);
  return [...byJob.keys()];
}
