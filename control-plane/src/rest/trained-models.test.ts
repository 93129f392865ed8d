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
  trainMs: null,
};
const epochs = [
  { epoch: 1, loss: 1.5, accuracy: 0.4, images: 64 },
  { epoch: 2, loss: 0.5, accuracy: 0.8, images: 64 },
];

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
    epochs,
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
  for (const query of ["limit=0", "after=-1", "status=DEAD"])
    expect(
      (await rest.request(`/api/jobs/${body.id}/models?${query}`)).status,
    ).toBe(422);
});
