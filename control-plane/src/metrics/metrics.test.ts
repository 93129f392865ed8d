import { afterAll, expect, test } from "vitest";
import { newTestDatabase } from "../../../test/harness/postgres.ts";
import { newDatabase } from "../database/database.ts";
import { newPool } from "../database/pool.ts";
import { Metrics } from "./metrics.ts";

const database = await newTestDatabase();
afterAll(() => database.close());

/** The lines of ours for one name, without help. */
async function scrape(metrics: Metrics, name: string): Promise<string[]> {
  const text = await metrics.scrape();
  return text
    .split("\n")
    .filter((line) => new RegExp(`^${name}\\b`).test(line));
}

test("shards are counted by status, from jobs' counts and what is in flight", async () => {
  await database.pool.query(`
    INSERT INTO job (id, kind, name, parameters, shard_count, succeeded_count, dead_count, cancelled_count, created_by)
    VALUES ('00000000-0000-4000-8000-000000000001', 'noop', 'a', '{}', 10, 3, 1, 0, 'test'),
           ('00000000-0000-4000-8000-000000000002', 'noop', 'b', '{}', 5, 0, 0, 5, 'test');
    INSERT INTO shard (id, job_id, index, status, spec)
    SELECT gen_random_uuid(), '00000000-0000-4000-8000-000000000001', index, status, '{}'
    FROM unnest(ARRAY['QUEUED', 'RUNNING', 'RUNNING', 'RETRY', 'PENDING', 'PENDING']) WITH ORDINALITY AS one (status, index);
    INSERT INTO gpu_node (id, name, status, slots)
    VALUES (gen_random_uuid(), 'n', 'ONLINE', 3), (gen_random_uuid(), 'm', 'OFFLINE', 8);`);
  const metrics = new Metrics(newDatabase(database.pool));
  expect((await scrape(metrics, "motif_shards")).sort()).toEqual([
    'motif_shards{status="CANCELLED"} 5',
    'motif_shards{status="DEAD"} 1',
    'motif_shards{status="LEASED"} 0',
    'motif_shards{status="PENDING"} 2',
    'motif_shards{status="QUEUED"} 1',
    'motif_shards{status="RETRY"} 1',
    'motif_shards{status="RUNNING"} 2',
    'motif_shards{status="SUCCEEDED"} 3',
  ]);
  expect(await scrape(metrics, "motif_nodes")).toEqual([
    'motif_nodes{status="ONLINE"} 1',
    'motif_nodes{status="DRAINING"} 0',
    'motif_nodes{status="OFFLINE"} 1',
  ]);
  expect(await scrape(metrics, "motif_slots")).toEqual(["motif_slots 3"]);
});

test("without a database there is no cluster's state, and that is told", async () => {
  const pool = newPool("postgresql://motif@127.0.0.1:9/motif", "test");
  const metrics = new Metrics(newDatabase(pool));
  expect(await scrape(metrics, "motif_database_up")).toEqual([
    "motif_database_up 0",
  ]);
  expect(await scrape(metrics, "motif_shards")).toEqual([]);
  await pool.end();
});
