/** A training in rounds, as the control plane sees it: what it plans, what follows what, and what of it people are shown. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import type { TrainedModelView } from "../jobs/list-trained-models.ts";
import { checkInvariants } from "../leases/check-invariants.ts";
import {
  LEASE_OPERATIONS,
  type GrantedLease,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ArtifactReference } from "../shards/shard-result.ts";
import type { TrainSpec } from "../shards/shard-spec.ts";
import { upload } from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { trainedModel as trainedModelSchema } from "./job-schemas.ts";

const images = fileURLToPath(
  new URL("../../../infra/demo/data", import.meta.url),
);

let rest: RunningRest;
let leases: LeaseOperations;
beforeAll(async () => {
  rest = await startRest();
  leases = rest.app.get<LeaseOperations>(LEASE_OPERATIONS);
  await rest.request("/api/datasets", {
    method: "POST",
    body: { name: "fashion", path: images, split: "test" },
  });
  await rest.database.pool.query(
    "UPDATE dataset SET status = 'READY', digest = 'd1'",
  );
});
afterAll(async () => {
  expect(await checkInvariants(rest.database.pool)).toEqual([]);
  await rest.close();
});

const nodeId = randomUUID();
const replicaId = randomUUID();
const spread = { workers: 2, rounds: 2 };

const post = (runs: readonly object[]) =>
  rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "train", dataset: "fashion", runs },
  });
async function submit(...runs: readonly object[]): Promise<string> {
  const { status, body } = await post(runs);
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
}
const jobOf = async (jobId: string) =>
  (await rest.request<JobView>(`/api/jobs/${jobId}`)).body;

async function modelsOf(jobId: string): Promise<TrainedModelView[]> {
  const { body } = await rest.request<TrainedModelView[]>(
    `/api/jobs/${jobId}/models`,
  );
  for (const model of body)
    expect(trainedModelSchema.parse(model)).toEqual(model);
  return body;
}

/** All of the job that waits. Checks of trained models are given out as well. */
async function grantAll(jobId: string): Promise<GrantedLease[]> {
  const granted: GrantedLease[] = [];
  let waiting = 1;
  // Whether by this call or by the application's own, the queue is fed.
  while (waiting > 0) {
    await leases.feedShards();
    granted.push(
      ...(await leases.grantLeases(replicaId, [{ nodeId, leases: 100 }])),
    );
    const { rows } = await rest.database.pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM shard JOIN job ON job.id = shard.job_id
       WHERE job.id = $1 AND job.status = 'RUNNING' AND shard.status IN ('PENDING', 'QUEUED')`,
      [jobId],
    );
    waiting = rows[0]!.waiting;
  }
  await leases.acceptLeases(
    nodeId,
    granted.map(({ leaseId }) => leaseId),
  );
  return granted.filter((lease) => lease.jobId === jobId);
}

const roundOf = (lease: GrantedLease) => {
  const { round } = lease.spec as TrainSpec;
  if (!round) throw new Error("it is no part of a training");
  return round;
};
const checkpointOf = (lease: GrantedLease): Promise<ArtifactReference> => {
  const { round, worker } = roundOf(lease);
  return upload(rest, Buffer.from(`round ${round} of worker ${worker}`));
};
const loss = { 0: 4, 1: 2 } as const;

async function complete(lease: GrantedLease): Promise<void> {
  const { round, worker } = roundOf(lease);
  const verdicts = await leases.completeShards([
    {
      ...{ leaseId: lease.leaseId, shardId: lease.shardId, nodeId },
      retryCount: lease.retryCount,
      result: {
        kind: "train-round",
        checkpoint: await checkpointOf(lease),
        epochs: [
          {
            epoch: round + 1,
            loss: loss[worker as 0 | 1],
            accuracy: 0.5,
            images: 10,
            learningRate: 0.1 - 0.01 * round,
            imagesPerSecond: 100,
          },
        ],
        trainMs: 100,
      },
    },
  ]);
  expect(verdicts).toMatchObject([{ verdict: "stored" }]);
}

async function completeLast(lease: GrantedLease): Promise<void> {
  const model = await upload(rest, Buffer.from("an averaged ONNX file"));
  const verdicts = await leases.completeShards([
    {
      ...{ leaseId: lease.leaseId, shardId: lease.shardId, nodeId },
      retryCount: lease.retryCount,
      result: {
        kind: "train",
        model,
        manifest: {},
        cleanAccuracy: 0.75,
        cleanAccuracyImages: 200,
        attackSuccessRate: null,
        epochs: [],
        trainMs: 7,
      },
    },
  ]);
  expect(verdicts).toMatchObject([{ verdict: "stored" }]);
}

test("rounds follow each other, beside a training that has none, until the model is there", async () => {
  const jobId = await submit(
    { name: "spread", recipe: { spread } },
    { name: "alone", recipe: {} },
  );
  expect((await jobOf(jobId)).shards).toMatchObject({ total: 6, pending: 6 });
  const first = await grantAll(jobId);
  expect(first).toHaveLength(3);
  const parts = first.filter(({ spec }) => (spec as TrainSpec).round);
  expect(
    parts.map((lease) => roundOf(lease)).map(({ starts }) => starts),
  ).toEqual([[], []]);
  const [one, other] = parts as [GrantedLease, GrantedLease];

  await complete(one);
  expect(await grantAll(jobId), "a worker is still at the round").toEqual([]);
  const half = await modelsOf(jobId);
  expect(half).toMatchObject([
    {
      ...{ shardIndex: 0, name: "spread", status: "RUNNING", done: 0.2 },
      spread: { ...spread, roundsDone: 0 },
    },
    { shardIndex: 5, name: "alone", spread: null, done: 0 },
  ]);
  await complete(other);
  const second = await grantAll(jobId);
  const wanted = [
    { sha256: (await checkpointOf(one)).sha256, at: roundOf(one).worker },
    { sha256: (await checkpointOf(other)).sha256, at: roundOf(other).worker },
  ]
    .sort((a, b) => a.at - b.at)
    .map(({ sha256 }) => sha256);
  expect(second.map((lease) => roundOf(lease))).toEqual(
    expect.arrayContaining([
      { round: 1, worker: 0, starts: wanted, isLast: false },
      { round: 1, worker: 1, starts: wanted, isLast: false },
    ]),
  );
  expect((await modelsOf(jobId))[0]).toMatchObject({
    spread: { ...spread, roundsDone: 1 },
    epochs: [
      {
        ...{ epoch: 1, loss: 3, accuracy: 0.5, images: 20 },
        ...{ learningRate: 0.1, imagesPerSecond: 200 },
      },
    ],
  });

  // At the same moment: the next round is made once.
  await Promise.all(second.map((lease) => complete(lease)));
  const last = await grantAll(jobId);
  expect(last.map((lease) => roundOf(lease))).toMatchObject([
    { round: 2, worker: 0, isLast: true },
  ]);
  expect((await jobOf(jobId)).shards).toMatchObject({
    ...{ total: 6, succeeded: 4, running: 2, pending: 0 },
  });
  await completeLast(last[0]!);
  expect((await modelsOf(jobId))[0]).toMatchObject({
    ...{ status: "SUCCEEDED", done: 1, cleanAccuracy: 0.75 },
    epochs: [
      { epoch: 1, loss: 3, images: 20 },
      { epoch: 2, loss: 3, images: 20 },
    ],
    trainMs: 407,
  });
  const { rows } = await rest.database.pool.query<{ body: unknown }>(
    "SELECT body FROM event WHERE stream = $1 AND type = 'round-ended' ORDER BY seq",
    [jobId],
  );
  expect(rows.map(({ body }) => body)).toEqual([
    { name: "spread", round: 1, rounds: 2 },
    { name: "spread", round: 2, rounds: 2 },
  ]);
  await rest.request(`/api/jobs/${jobId}/cancel`, { method: "POST" });
});

test("a worker that is given up fails the job; tried again, its rounds go on", async () => {
  const jobId = await submit({ name: "mended", recipe: { spread } });
  const [one, other] = (await grantAll(jobId)) as [GrantedLease, GrantedLease];
  await complete(one);
  await leases.failShards([
    { leaseId: other.leaseId, nodeId, fault: "input", message: "no room" },
  ]);
  expect(await jobOf(jobId)).toMatchObject({
    status: "FAILED",
    shards: { total: 5, succeeded: 1, dead: 1, pending: 0 },
  });
  expect(await modelsOf(jobId)).toMatchObject([{ status: "DEAD", done: 0.2 }]);
  await rest.request(`/api/jobs/${jobId}/redrive`, { method: "POST" });
  const [again] = (await grantAll(jobId)) as [GrantedLease];
  await complete(again);
  expect(await grantAll(jobId)).toHaveLength(2);
  expect(await jobOf(jobId)).toMatchObject({ status: "RUNNING" });
  await rest.request(`/api/jobs/${jobId}/cancel`, { method: "POST" });
  expect((await jobOf(jobId)).shards).toMatchObject({
    ...{ total: 5, succeeded: 2, cancelled: 2, pending: 0 },
  });
});

test("what a paused job's workers still bring begins a round that waits", async () => {
  const jobId = await submit({ name: "paused", recipe: { spread } });
  const round = await grantAll(jobId);
  await rest.request(`/api/jobs/${jobId}/pause`, { method: "POST" });
  for (const lease of round) await complete(lease);
  expect(await grantAll(jobId)).toEqual([]);
  expect((await jobOf(jobId)).shards).toMatchObject({ total: 5, pending: 3 });
  await rest.request(`/api/jobs/${jobId}/resume`, { method: "POST" });
  expect(await grantAll(jobId)).toHaveLength(2);
  await rest.request(`/api/jobs/${jobId}/cancel`, { method: "POST" });
});

test("a round's result must be a checkpoint, and the checkpoint be there", async () => {
  const jobId = await submit({ name: "misfit", recipe: { spread } });
  const [lease] = (await grantAll(jobId)) as [GrantedLease];
  const { leaseId, shardId, retryCount } = lease;
  const send = (
    result: Parameters<LeaseOperations["completeShards"]>[0][number]["result"],
  ) =>
    leases.completeShards([{ leaseId, shardId, nodeId, retryCount, result }]);
  expect(await send({ kind: "noop" })).toMatchObject([
    {
      verdict: "misfit",
      reason: expect.stringContaining("train-round") as string,
    },
  ]);
  const checkpoint = { sha256: "0".repeat(64), bytes: 1 };
  expect(
    await send({ kind: "train-round", checkpoint, epochs: [], trainMs: 1 }),
  ).toMatchObject([{ verdict: "incomplete" }]);
  await rest.request(`/api/jobs/${jobId}/cancel`, { method: "POST" });
});

test("plans beyond all measure are refused before anything is written", async () => {
  const most = { spread: { workers: 256, rounds: 10_000 } };
  expect(await post([{ name: "huge", recipe: most }])).toMatchObject({
    status: 422,
    body: {
      detail: expect.stringContaining("2560001 shards, 1000000") as string,
    },
  });
  for (const spread of [
    { workers: 1, rounds: 2 },
    { workers: 2, rounds: 0 },
    { workers: 2.5, rounds: 2 },
    "two",
  ])
    expect((await post([{ name: "odd", recipe: { spread } }])).status).toBe(
      422,
    );
});
