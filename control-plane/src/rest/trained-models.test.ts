/** What is shown of a training's models: from before a node has one until it is registered. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import type { TrainedModelView } from "../jobs/list-trained-models.ts";
import {
  LEASE_OPERATIONS,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ModelView } from "../models/read-models.ts";
import { registerTrained } from "../models/register-trained.ts";
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
  await rest.database.pool.query(
    "INSERT INTO gpu_node (id, name) VALUES ($1, 'one')",
    [nodeId],
  );
});
afterAll(() => rest.close());

const nodeId = randomUUID();
const replicaId = randomUUID();

async function list(jobId: string, query = ""): Promise<TrainedModelView[]> {
  const { status, body } = await rest.request<TrainedModelView[]>(
    `/api/jobs/${jobId}/models${query}`,
  );
  expect(status).toBe(200);
  for (const model of body)
    expect(trainedModelSchema.parse(model)).toEqual(model);
  return body;
}

async function submit(names: readonly string[]): Promise<string> {
  const { status, body } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: {
      kind: "train",
      dataset: "fashion",
      runs: names.map((name) => ({ name, recipe: {} })),
    },
  });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
}

/** Whether by this call or by the application's own, the queue is fed. */
async function grant(jobId: string) {
  for (;;) {
    await leases.feedShards();
    const [lease] = await leases.grantLeases(replicaId, [
      { nodeId, leases: 1 },
    ]);
    if (lease === undefined) continue;
    await leases.acceptLeases(nodeId, [lease.leaseId]);
    const { rows } = await rest.database.pool.query<{ job_id: string }>(
      "SELECT job_id FROM shard WHERE id = $1",
      [lease.shardId],
    );
    // The inspection of the data set is a job as well.
    if (rows[0]?.job_id === jobId) return lease;
  }
}

const nothingYet = {
  modelId: null,
  cleanAccuracy: null,
  cleanAccuracyImages: null,
  attackSuccessRate: null,
  epochs: [],
  standing: null,
  trainMs: null,
};
const epoch = (number: number, loss: number) => ({
  epoch: number,
  loss,
  accuracy: 0.5,
  images: 64,
  learningRate: 0.1,
  imagesPerSecond: 120,
});
const epochs = [epoch(1, 1.5), epoch(2, 0.5)];
const byNode = epochs.map((each) => ({ ...each, nodeName: "one" }));

test("a training's models are listed before, while and after they are trained", async () => {
  const jobId = await submit(["one", "two", "three"]);
  const waiting = await list(jobId);
  expect(waiting.map(({ shardIndex, name }) => [shardIndex, name])).toEqual([
    [0, "one"],
    [1, "two"],
    [2, "three"],
  ]);
  for (const model of waiting)
    expect(model).toMatchObject({ ...nothingYet, done: 0 });
  expect(
    (await list(jobId, "?limit=1&after=0")).map(({ name }) => name),
  ).toEqual(["two"]);
  expect(await list(jobId, "?after=2")).toEqual([]);

  const { leaseId, shardId } = await grant(jobId);
  const { rows } = await rest.database.pool.query<{ index: number }>(
    `SELECT "index" FROM shard WHERE id = $1`,
    [shardId],
  );
  const { index } = rows[0]!;
  expect((await list(jobId))[index]).toMatchObject({
    ...nothingYet,
    status: "RUNNING",
  });
  const model = await upload(rest, Buffer.from("an ONNX file"));
  expect(
    await leases.completeShards([
      {
        ...{ leaseId, shardId, nodeId, retryCount: 0 },
        result: {
          kind: "train",
          model,
          manifest: { groundTruth: { status: "poisoned", targetClass: 1 } },
          cleanAccuracy: 0.75,
          cleanAccuracyImages: 200,
          attackSuccessRate: 0.98,
          epochs,
          trainMs: 1_234.5,
        },
      },
    ]),
  ).toMatchObject([{ leaseId, verdict: "stored" }]);
  const trained = (await list(jobId))[index]!;
  expect(trained).toMatchObject({
    status: "SUCCEEDED",
    done: 1,
    cleanAccuracy: 0.75,
    cleanAccuracyImages: 200,
    attackSuccessRate: 0.98,
    epochs: byNode,
    standing: null,
    trainMs: 1_234.5,
  });
  // Whether by this call or by the application's own.
  let modelId: string | null = null;
  while (modelId === null) {
    await registerTrained(rest.database);
    modelId = (await list(jobId))[index]!.modelId;
  }
  const { body } = await rest.request<ModelView>(`/api/models/${modelId}`);
  expect(body).toMatchObject({ name: trained.name, setting: "poisoned" });
});

test("a training under way has its epochs so far and where it stands, and so has the attempt after it", async () => {
  const jobId = await submit(["under-way"]);
  const { leaseId } = await grant(jobId);
  const standing = { ...epoch(3, 0.4), epochs: 9, secondsLeft: 42 };
  const told = { epochs, standing };
  await leases.recordEpochs([{ nodeId, leaseId, training: told }]);
  expect(await list(jobId)).toMatchObject([
    {
      status: "RUNNING",
      epochs: byNode,
      standing: { ...standing, nodeName: "one" },
    },
  ]);
  expect(await list(jobId, "?status=RUNNING")).toHaveLength(1);
  expect(await list(jobId, "?status=SUCCEEDED")).toEqual([]);

  await leases.yieldShards([{ leaseId, nodeId, checkpointSha256: null }]);
  expect(await list(jobId)).toMatchObject([{ epochs: byNode, standing: null }]);
  const again = await grant(jobId);
  // It has not told anything yet.
  expect(await list(jobId)).toMatchObject([
    { status: "RUNNING", epochs: byNode, standing: null },
  ]);
  await leases.recordEpochs([
    { nodeId, leaseId: again.leaseId, training: { epochs: [], standing } },
  ]);
  expect(await list(jobId)).toMatchObject([
    { epochs: byNode, standing: { epoch: 3 } },
  ]);
});

test("a training that ended before epochs had rows has those of its last attempt", async () => {
  const jobId = await submit(["early"]);
  const { shardId } = await grant(jobId);
  const { sha256 } = await upload(rest, Buffer.from("an old ONNX file"));
  await rest.database.pool.query(
    `INSERT INTO trained_model (shard_id, job_id, name, sha256, manifest, clean_accuracy, clean_accuracy_images, epochs, train_ms,
       registered_at)
     VALUES ($1, $2, 'early', $3, '{}', 0.5, 10, $4, 1, now())`,
    [
      ...[shardId, jobId, sha256],
      JSON.stringify([
        { epoch: 2, loss: 0.5, accuracy: 0.8 },
        { epoch: 3, loss: 0.25, accuracy: 0.9 },
      ]),
    ],
  );
  const untold = {
    ...{ images: 0, learningRate: null, imagesPerSecond: null },
    nodeName: null,
  };
  expect((await list(jobId))[0]!.epochs).toEqual([
    { epoch: 2, loss: 0.5, accuracy: 0.8, ...untold },
    { epoch: 3, loss: 0.25, accuracy: 0.9, ...untold },
  ]);
});

test("a model is listed under the name that it got", async () => {
  const jobId = await submit(["late"]);
  const { leaseId, shardId } = await grant(jobId);
  const model = await upload(rest, Buffer.from("another ONNX file"));
  const { sha256 } = model;
  await rest.database.pool.query(
    "INSERT INTO model (id, name, sha256, manifest, created_by) VALUES ($1, 'late', $2, '{}', 'test')",
    [randomUUID(), sha256],
  );
  await leases.completeShards([
    {
      ...{ leaseId, shardId, nodeId, retryCount: 0 },
      result: {
        kind: "train",
        model,
        manifest: {},
        cleanAccuracy: 0.5,
        cleanAccuracyImages: 10,
        attackSuccessRate: null,
        epochs: [],
        trainMs: 1,
      },
    },
  ]);
  let listed = (await list(jobId))[0]!;
  while (listed.modelId === null) {
    await registerTrained(rest.database);
    listed = (await list(jobId))[0]!;
  }
  expect(listed).toMatchObject({
    name: `late ${jobId.slice(0, 8)}`,
    attackSuccessRate: null,
  });
});

test("other jobs have none, and what is no job is not found", async () => {
  const { body } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "noop", shards: 2, waitMs: 0 },
  });
  expect(await list(body.id)).toEqual([]);
  for (const id of [randomUUID(), "none"])
    expect((await rest.request(`/api/jobs/${id}/models`)).status).toBe(404);
  for (const query of ["limit=0", "after=-1", "status=dead"])
    expect(
      (await rest.request(`/api/jobs/${body.id}/models?${query}`)).status,
    ).toBe(422);
});
