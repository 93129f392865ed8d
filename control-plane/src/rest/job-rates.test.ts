/** How fast jobs are said to go: by results that are in the database, and cheap for long lists over many results. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { job as jobSchema } from "./job-schemas.ts";

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
});
afterAll(() => rest.close());

const submit = async (shards: number) =>
  (
    await rest.request<JobView>("/api/jobs", {
      method: "POST",
      body: { kind: "noop", shards, waitMs: 0 },
    })
  ).body.id;
const readJob = async (id: string) => {
  const { body } = await rest.request<JobView>(`/api/jobs/${id}`);
  expect(jobSchema.parse(body)).toEqual(body);
  return body;
};

/** Shards `from` to `to` (excluded) were done, one every so often, the last of them just now. */
async function finish(
  jobId: string,
  from: number,
  to: number,
  secondsApart: number,
): Promise<void> {
  await rest.database.transaction(async (client) => {
    await client.query(
      `INSERT INTO result (shard_id, job_id, lease_id, node_id, body, created_at)
       SELECT id, job_id, gen_random_uuid(), $5, '{}', now() - $4::float8 * ($3 - 1 - "index") * interval '1 s'
       FROM shard WHERE job_id = $1 AND "index" >= $2 AND "index" < $3 ORDER BY "index"`,
      [jobId, from, to, secondsApart, randomUUID()],
    );
    await client.query(
      `UPDATE shard SET status = 'SUCCEEDED', done = 1 WHERE job_id = $1 AND "index" >= $2 AND "index" < $3`,
      [jobId, from, to],
    );
    await client.query(
      `UPDATE job SET succeeded_count = succeeded_count + $2, created_at = now() - interval '1 day' WHERE id = $1`,
      [jobId, to - from],
    );
  });
}

test("a job says how fast it goes and how long that leaves it, until it has ended", async () => {
  const id = await submit(100);
  expect(await readJob(id)).toMatchObject({
    ratePerMinute: 0,
    secondsLeft: null,
    recent: Array<number>(30).fill(0),
  });
  // One every 5 s for 300 s: 12 a minute; 40 of 100 are left.
  await finish(id, 0, 60, 5);
  const running = await readJob(id);
  expect(running.ratePerMinute).toBeGreaterThanOrEqual(11);
  expect(running.ratePerMinute).toBeLessThanOrEqual(12);
  expect(running.secondsLeft).toBeGreaterThanOrEqual((40 * 60) / 12);
  expect(running.secondsLeft).toBeLessThanOrEqual((40 * 60) / 11 + 1);
  expect(running.recent).toHaveLength(30);
  expect(Math.max(...running.recent)).toBeLessThanOrEqual(3);
  expect(running.recent.slice(1).every((count) => count > 0)).toBe(true);
  const { body: listed } = await rest.request<JobView[]>("/api/jobs");
  expect(listed.find((job) => job.id === id)?.ratePerMinute).toBeGreaterThan(0);

  await rest.request(`/api/jobs/${id}/pause`, { method: "POST" });
  expect(await readJob(id)).toMatchObject({
    status: "PAUSED",
    secondsLeft: null,
    recent: expect.objectContaining({ length: 30 }) as number[],
  });
  await rest.request(`/api/jobs/${id}/cancel`, { method: "POST" });
  expect(await readJob(id)).toMatchObject({
    ratePerMinute: null,
    secondsLeft: null,
    recent: [],
  });
});

test("a list of 50 running jobs among 50,000 results is there in well under a second", async () => {
  const old = await submit(40_000);
  // Over the last weeks, in the order of their times, as they are written.
  await finish(old, 0, 40_000, 10);
  const ids: string[] = [];
  for (let i = 0; i < 50; i++) ids.push(await submit(300));
  for (const id of ids) await finish(id, 0, 200, 1.5);
  await rest.database.pool.query("ANALYZE result");
  const list = () => rest.request<JobView[]>("/api/jobs?limit=60");
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const { body } = await list();
    took.push(performance.now() - began);
    const rates = body
      .filter(({ id }) => ids.includes(id))
      .map(({ ratePerMinute }) => ratePerMinute);
    expect(rates).toHaveLength(50);
    for (const rate of rates) expect(rate).toBeGreaterThanOrEqual(39);
  }
  expect(took.sort((a, b) => a - b)[2]).toBeLessThan(200);
  const { rows } = await rest.database.pool.query<{ "QUERY PLAN": string }>(
    `EXPLAIN SELECT count(*) FROM result WHERE created_at > now() - interval '300 s'`,
  );
  expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain(
    "result_of_time",
  );
});
