/** Jobs of shards that ask for nothing, put into the tables as planning does. */
import { randomUUID } from "node:crypto";
import type { Queryable } from "../../control-plane/src/database/database.ts";

/** @returns the job's id */
export async function submitNoops(
  client: Queryable,
  shards: number,
  weight = 1,
): Promise<string> {
  const jobId = randomUUID();
  await client.query(
    `INSERT INTO job (id, kind, name, weight, parameters, shard_count, created_by)
     VALUES ($1, 'noop', 'no-ops', $2, '{}', $3, 'test')`,
    [jobId, weight, shards],
  );
  await client.query(
    `INSERT INTO shard (id, job_id, "index", spec)
     SELECT gen_random_uuid(), $1, place, '{"kind": "noop", "waitMs": 0}' FROM generate_series(0, $2 - 1) AS place`,
    [jobId, shards],
  );
  return jobId;
}

/** A node that is online, as far as the feeder knows. @returns its id */
export async function addOnlineNode(
  client: Queryable,
  slots: number,
): Promise<string> {
  const nodeId = randomUUID();
  await client.query(
    `INSERT INTO gpu_node (id, name, status, slots) VALUES ($1, 'node', 'ONLINE', $2)`,
    [nodeId, slots],
  );
  return nodeId;
}
