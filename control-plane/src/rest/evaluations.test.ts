/** What is shown of evaluations: of a job's models before and after they are measured, and of a model. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { JobView } from "../jobs/job.ts";
import type { EvaluationView } from "../jobs/list-evaluations.ts";
import {
  LEASE_OPERATIONS,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ModelView } from "../models/read-models.ts";
import type { CompleteAttack, EvaluateResult } from "../shards/shard-result.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { evaluation as evaluationSchema } from "./evaluation-schemas.ts";

const demo = fileURLToPath(new URL("../../../infra/demo", import.meta.url));

let rest: RunningRest;
let leases: LeaseOperations;
beforeAll(async () => {
  rest = await startRest();
  leases = rest.app.get<LeaseOperations>(LEASE_OPERATIONS);
  const post = (path: string, body: object) =>
    rest.request(path, { method: "POST", body });
  await post("/api/datasets", {
    ...{ name: "fashion", path: join(demo, "data"), split: "test" },
  });
  for (const name of ["natural", "badnets", "blended"])
    await post("/api/models", {
      ...{ name, path: join(demo, `models/${name}.onnx`), dataset: "fashion" },
    });
  await rest.database.pool.query(
    "UPDATE dataset SET status = 'READY', digest = 'd1'",
  );
});
afterAll(() => rest.close());

const nodeId = randomUUID();
const replicaId = randomUUID();

const submit = (body: object) =>
  rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "evaluate", dataset: "fashion", ...body },
  });

async function read<T extends z.ZodType>(
  path: string,
  schema: T,
): Promise<z.infer<T>> {
  const { status, body } = await rest.request<z.infer<T>>(path);
  expect(status).toBe(200);
  expect(schema.parse(body)).toEqual(body);
  return body;
}
const listOf = (path: string): Promise<readonly EvaluationView[]> =>
  read(path, z.array(evaluationSchema));

/** The next lease of a job's shards; what else there is to do is left. */
async function grant(jobId: string) {
  for (;;) {
    await leases.feedShards();
    const [lease] = await leases.grantLeases(replicaId, [
      { nodeId, leases: 1 },
    ]);
    if (lease === undefined) continue;
    await leases.acceptLeases(nodeId, [lease.leaseId]);
    if (lease.jobId === jobId) return lease;
  }
}

const share = (value: number) => ({
  ...{ share: value, n: 100 },
  wilson95: [value / 2, (1 + value) / 2] as const,
});
const attack: CompleteAttack = {
  ...({ attack: "pgd", norm: "linf", epsilon: 0.1, stepSize: 0.02 } as const),
  ...{ pgdSteps: 20, apgdSteps: 100, apgdTargets: 9, squareQueries: 1_000 },
  seed: 3,
};
const measured = (robust: number | null): EvaluateResult => ({
  ...{ kind: "evaluate", datasetDigest: "d1", images: 100 },
  clean: {
    ...{ accuracy: share(0.9), expectedCalibrationError: 0.05 },
    classes: [
      {
        ...{ class: 0, name: "T-shirt/top", accuracy: share(0.9) },
        predictions: [{ class: 0, count: 90 }],
      },
    ],
  },
  attackSuccessRate: null,
  noAttackSuccessRate: "the manifest says that the model is clean",
  robustness:
    robust === null
      ? null
      : {
          ...{ norm: "linf", epsilon: 0.1, robustAccuracy: share(robust) },
          classes: [share(robust)],
          attacks: [
            {
              ...{ name: "PGD-20", tried: 90, fooled: 70 },
              robustAccuracy: share(robust),
            },
          ],
        },
  config: {
    robustness: robust === null ? null : attack,
    ...{ seed: 3, batchSize: 64 },
  },
  backend: { name: "reference", provider: "cpu", threads: 1 },
  ...{ warnings: [], evaluateMs: 1_234.5 },
});

/** What a node does: takes the job's next shard and sends a result. */
async function complete(jobId: string, result: EvaluateResult) {
  const { leaseId, shardId } = await grant(jobId);
  expect(
    await leases.completeShards([
      { ...{ leaseId, shardId, nodeId, retryCount: 0 }, result },
    ]),
  ).toMatchObject([{ leaseId, verdict: "stored" }]);
}

test("what is left open gets the values of --local, and nodes are asked for just that", async () => {
  const { status, body } = await submit({ models: ["natural"] });
  expect(status).toBe(201);
  const { stepSize: _, epsilon: __, seed: ___, ...usual } = attack;
  expect(body).toMatchObject({
    ...{ kind: "evaluate", name: "Evaluation of natural on fashion" },
    ...{ model: "natural", dataset: "fashion" },
    parameters: {
      ...{ split: "test", images: null, batchSize: null },
      ...{ attack: usual, seed: 0, backend: "auto", models: 1 },
    },
    shards: { total: 1 },
  });
  const lease = await grant(body.id);
  expect(lease.spec).toMatchObject({
    kind: "evaluate",
    model: { name: "natural" },
    dataset: { name: "fashion", split: "test", digest: "d1" },
    ...{ images: null, attack: usual, seed: 0, batchSize: null },
  });
});

test("a job's models are listed before and after they are measured, one with all its classes", async () => {
  const { body: job } = await submit({
    ...{ models: ["natural", "badnets"], split: "train", images: 100, seed: 3 },
    attack: { epsilon: 0.1 },
  });
  expect(job).toMatchObject({ modelId: null });
  const path = `/api/jobs/${job.id}/evaluations`;
  const waiting = await listOf(path);
  expect(waiting.map(({ shardIndex, model }) => [shardIndex, model])).toEqual([
    [0, "natural"],
    [1, "badnets"],
  ]);
  for (const each of waiting)
    expect(each).toMatchObject({
      ...{ dataset: "fashion", split: "train", done: 0 },
      ...{ measured: null, measuredAt: null },
    });
  expect(await listOf(`${path}?after=0&limit=1`)).toHaveLength(1);

  await complete(job.id, measured(0.2));
  const [first] = (await listOf(path)).filter((each) => each.measured);
  const { kind: _, clean, robustness, ...others } = measured(0.2);
  const { classes, ...briefClean } = clean;
  const { classes: robustClasses, ...briefRobustness } = robustness!;
  expect(first).toMatchObject({ status: "SUCCEEDED", done: 1 });
  expect(first!.measured).toEqual({
    ...others,
    ...{ clean: briefClean, robustness: briefRobustness },
  });
  const whole = await read(`${path}/${first!.shardIndex}`, evaluationSchema);
  expect(whole.measured!.clean.classes).toEqual(classes);
  expect(whole.measured!.robustness!.classes).toEqual(robustClasses);
  const other = await read(
    `${path}/${1 - first!.shardIndex}`,
    evaluationSchema,
  );
  expect(other.measured).toBeNull();

  const { body: events } = await rest.request<{
    events: readonly { type: string; body: object }[];
  }>(`/api/jobs/${job.id}/events`);
  expect(events.events.map(({ type }) => type)).toContain("model-evaluated");
});

test("a model has its evaluations, newest first, and its newest robust accuracy", async () => {
  const settled = async (robust: number | null) => {
    const { body: job } = await submit({
      models: ["blended"],
      attack: robust === null ? null : {},
    });
    await complete(job.id, measured(robust));
    return job.id;
  };
  const ids = [await settled(0.1), await settled(0.3), await settled(null)];
  const listed = await listOf("/api/models/blended/evaluations");
  expect(listed.map(({ jobId }) => jobId)).toEqual(ids.toReversed());
  expect(listed.map(({ measured }) => measured?.robustness?.attacks)).toEqual([
    undefined,
    [expect.objectContaining({ name: "PGD-20" })],
    [expect.objectContaining({ name: "PGD-20" })],
  ]);
  expect(await listOf("/api/models/blended/evaluations?limit=1")).toHaveLength(
    1,
  );
  const { body: model } = await rest.request<ModelView>("/api/models/blended");
  expect(model.robustAccuracy).toBe(0.3);
  expect(model.lastJob?.id).toBe(ids[2]);
});

test.each([
  [
    "a model that is not there",
    { models: ["nobody"] },
    404,
    /no model "nobody"/,
  ],
  [
    "a data set that is not there",
    { models: ["natural"], dataset: "none" },
    404,
    /no data set "none"/,
  ],
  ["one model twice", { models: ["natural", "natural"] }, 422, /named twice/],
  ["no model", { models: [] }, 422, /models/],
  [
    "a radius of 0",
    { models: ["natural"], attack: { epsilon: 0 } },
    422,
    /attack.*epsilon/,
  ],
  [
    "another norm",
    { models: ["natural"], attack: { norm: "l1" } },
    422,
    /attack.*norm/,
  ],
  ["no images", { models: ["natural"], images: 0 }, 422, /images/],
])("%s is refused", async (_, body, status, says) => {
  const answer = await submit(body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body).replaceAll("\\", "")).toMatch(says);
});

test("a data set that is still looked at is refused", async () => {
  const change = (status: string) =>
    rest.database.pool.query("UPDATE dataset SET status = $1", [status]);
  await change("CHECKING");
  const { status, body } = await submit({ models: ["natural"] });
  await change("READY");
  expect([status, body]).toEqual([
    409,
    expect.objectContaining({
      detail: expect.stringMatching(/still being looked at/) as string,
    }),
  ]);
});

test("other jobs have none, and what is no job, no model or no shard is not found", async () => {
  const { body: other } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "noop", shards: 2, waitMs: 0 },
  });
  expect(await listOf(`/api/jobs/${other.id}/evaluations`)).toEqual([]);
  const { body: job } = await submit({ models: ["natural"] });
  for (const path of [
    `/api/jobs/${randomUUID()}/evaluations`,
    "/api/jobs/none/evaluations",
    `/api/jobs/${other.id}/evaluations/0`,
    `/api/jobs/${job.id}/evaluations/1`,
    `/api/jobs/${job.id}/evaluations/x`,
    "/api/models/nobody/evaluations",
  ])
    expect([path, (await rest.request(path)).status]).toEqual([path, 404]);
  for (const query of ["limit=0", "after=-1", "status=DEAD"])
    expect(
      (await rest.request(`/api/jobs/${job.id}/evaluations?${query}`)).status,
    ).toBe(422);
});
