/** Puts results into their rows, by kind. In the transaction that ends their leases; a second row for a shard cannot be. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { ShardResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";
import { beginNextRounds } from "./begin-next-round.ts";
import { writeAudits } from "./write-audits.ts";
import { writeCheck } from "./write-check.ts";
import { writeComparisons } from "./write-comparisons.ts";
import { writeEvaluations } from "./write-evaluations.ts";
import { writeInspection } from "./write-inspection.ts";
import { writePatterns } from "./write-patterns.ts";
import { writeTrainings } from "./write-trainings.ts";

/** @returns the events that tell of them */
export async function writeResults(
  client: Queryable,
  results: readonly AcceptedResult[],
): Promise<readonly NewEvent[]> {
  await client.query(
    `INSERT INTO result (shard_id, job_id, lease_id, node_id, body)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::jsonb[])`,
    [
      results.map(({ shardId }) => shardId),
      results.map(({ jobId }) => jobId),
      results.map(({ leaseId }) => leaseId),
      results.map(({ nodeId }) => nodeId),
      results.map(({ result }) => JSON.stringify(bodyOf(result))),
    ],
  );
  const searches = results.filter(isOfKind("search"));
  const events: NewEvent[] = [];
  if (searches.length > 0)
    events.push(...(await writePatterns(client, searches)));
  for (const check of results.filter(isOfKind("check-model")))
    events.push(await writeCheck(client, check));
  for (const inspection of results.filter(isOfKind("inspect-dataset")))
    events.push(await writeInspection(client, inspection));
  const trainings = results.filter(isOfKind("train"));
  if (trainings.length > 0)
    events.push(...(await writeTrainings(client, trainings)));
  events.push(
    ...(await beginNextRounds(client, results.filter(isOfKind("train-round")))),
  );
  const evaluations = results.filter(isOfKind("evaluate"));
  if (evaluations.length > 0)
    events.push(...(await writeEvaluations(client, evaluations)));
  const audits = results.filter(isOfKind("audit"));
  if (audits.length > 0) events.push(...(await writeAudits(client, audits)));
  events.push(
    ...(await writeComparisons(
      client,
      results.filter(isOfKind("compare-audits")),
    )),
  );
  return events;
}

/** Patterns, trained models, evaluations and audits have rows of their own. */
function bodyOf(result: ShardResult): object {
  if (result.kind === "train") return { kind: "train" };
  if (result.kind === "train-round") {
    const { epochs: _, ...rest } = result;
    return rest;
  }
  if (result.kind === "evaluate" || result.kind === "audit")
    return { kind: result.kind };
  if (result.kind === "compare-audits") {
    const { changed, ...rest } = result;
    return { ...rest, changed: changed.length };
  }
  if (result.kind !== "search") return result;
  const { patterns: _patterns, ...rest } = result;
  return rest;
}

const isOfKind =
  <Kind extends ShardResult["kind"]>(kind: Kind) =>
  (
    accepted: AcceptedResult,
  ): accepted is AcceptedResult<Extract<ShardResult, { kind: Kind }>> =>
    accepted.result.kind === kind;
