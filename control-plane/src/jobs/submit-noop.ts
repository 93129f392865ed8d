/** Submits shards that do nothing for a while: what leases cost, measured. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import { insertJob, type NewShard } from "./insert-job.ts";

export interface NoopRequest {
  readonly shards: number;
  readonly waitMs: number;
  readonly weight: number;
  readonly name?: string | undefined;
}

/** @returns the job's id */
export async function submitNoop(
  database: Database,
  { shards, waitMs, weight, name }: NoopRequest,
  { actor, address }: Caller,
): Promise<string> {
  const id = randomUUID();
  const parameters = { shards, waitMs };
  await database.transaction(async (client) => {
    await insertJob(
      client,
      {
        id,
        kind: "noop",
        name: name ?? `${shards} shards of nothing`,
        weight,
        modelId: null,
        datasetId: null,
        parameters,
        createdBy: actor,
        shardCount: shards,
      },
      { kind: "noop", waitMs },
      noopShards(id, shards),
    );
    await recordChange(client, {
      actor,
      address,
      action: "job.submit",
      subject: id,
      details: { kind: "noop", ...parameters, weight },
    });
  });
  return id;
}

function* noopShards(jobId: string, count: number): Generator<NewShard> {
  for (let index = 0; index < count; index++)
    yield { id: indexedShardId(jobId, "noop", index), part: {} };
}
