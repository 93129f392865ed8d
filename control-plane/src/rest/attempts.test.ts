/** What is shown of the attempts at shards; nodes do what they do by the leases' own operations. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import type { AttemptView } from "../jobs/list-attempts.ts";
import type { ShardView } from "../jobs/list-shards.ts";
import {
  LEASE_OPERATIONS,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import {
  attempt as attemptSchema,
  shard as shardSchema,
} from "./job-schemas.ts";

let rest: RunningRest;
let leases: LeaseOperations;
beforeAll(async () => {
  rest = await startRest();
  leases = rest.app.get<LeaseOperations>(LEASE_OPERATIONS);
});
afterAll(() => rest.close());

const known = randomUUID();
const unknown = randomUUID();
const replicaId = randomUUID();

/** Whether by this call or by the application's own, the queue is fed. */
async function grant(nodeId: string) {
  await rest.database.pool.query(
    `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`,
  );
  for (;;) {
    await leases.feedShards();
    const [lease] = await leases.grantLeases(replicaId, [
      { nodeId, leases: 1 },
    ]);
    if (lease) return lease;
  }
}

test("every attempt at a shard is listed with its node, its times and what came of it", async () => {
  await rest.database.pool.query(
    `INSERT INTO gpu_node (id, name) VALUES ($1, 'ada')`,
    [known],
  );
  const { body: job } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "noop", shards: 1, waitMs: 0 },
  });
  const path = `/api/jobs/${job.id}/shards`;
  const list = async () => {
    const { status, body } = await rest.request<AttemptView[]>(
      `${path}/0/attempts`,
    );
    expect(status).toBe(200);
    for (const attempt of body)
      expect(attemptSchema.parse(attempt)).toEqual(attempt);
    return body;
  };
  const readShard = async () => {
    const [shard] = (await rest.request<ShardView[]>(path)).body;
    expect(shardSchema.parse(shard)).toEqual(shard);
    return shard;
  };
  expect(await list()).toEqual([]);
  expect(await readShard()).toMatchObject({
    attempts: 0,
    nodeId: null,
    nodeName: null,
  });

  const first = await grant(unknown);
  await leases.acceptLeases(unknown, [first.leaseId]);
  await leases.failShards([
    {
      ...{ leaseId: first.leaseId, nodeId: unknown },
      fault: "node",
      message: "no luck",
    },
  ]);
  const second = await grant(known);
  await leases.acceptLeases(known, [second.leaseId]);
  await leases.yieldShards([
    { leaseId: second.leaseId, nodeId: known, checkpointSha256: null },
  ]);
  const third = await grant(known);
  expect(await readShard()).toMatchObject({
    attempts: 3,
    nodeId: known,
    nodeName: "ada",
  });
  const common = { replicaId, grantedAt: expect.any(String) as string };
  const ended = {
    ...common,
    acceptedAt: expect.any(String) as string,
    endedAt: expect.any(String) as string,
  };
  expect(await list()).toMatchObject([
    {
      ...ended,
      leaseId: first.leaseId,
      nodeId: unknown,
      nodeName: null,
      retryCount: 0,
      outcome: "FAILED",
    },
    {
      ...ended,
      leaseId: second.leaseId,
      nodeId: known,
      nodeName: "ada",
      retryCount: 1,
      outcome: "YIELDED",
    },
    {
      ...common,
      leaseId: third.leaseId,
      nodeName: "ada",
      // Giving back spends no attempt, and the queue counts from the start.
      retryCount: 0,
      acceptedAt: null,
      endedAt: null,
      outcome: null,
    },
  ]);
  await leases.completeShards([
    {
      leaseId: third.leaseId,
      shardId: third.shardId,
      nodeId: known,
      retryCount: 0,
      result: { kind: "noop" },
    },
  ]);
  expect((await list()).map(({ outcome }) => outcome)).toEqual([
    "FAILED",
    "YIELDED",
    "SUCCEEDED",
  ]);
  expect(await readShard()).toMatchObject({ attempts: 3, nodeId: null });

  for (const index of ["1", "-1", "1.5", "x", "99999999999", "0x0", "%00"])
    expect([
      index,
      (await rest.request(`${path}/${index}/attempts`)).status,
    ]).toEqual([index, 404]);
  expect(
    (await rest.request(`/api/jobs/${randomUUID()}/shards/0/attempts`)).status,
  ).toBe(404);
});
