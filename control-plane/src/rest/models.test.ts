/** What lists of models say of each: how it was trained, what its check measured, what its searches found. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import { settleJobs } from "../leases/settle-jobs.ts";
import type { ModelView } from "../models/read-models.ts";
import {
  encodeMask,
  finishSearch,
  registerCheckedModel,
  submitSearch,
  upload,
} from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { model as modelSchema } from "./registration-schemas.ts";

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
});
afterAll(() => rest.close());

const read = async (name: string): Promise<ModelView> =>
  (await rest.request<ModelView>(`/api/models/${name}`)).body;

/** Ends a search; canvas 0 of class c has the c-th k*, canvas 1 one that is 3 times as large. */
async function finish(
  jobId: string,
  kStars: readonly (number | null)[],
): Promise<void> {
  const mask = await upload(rest, encodeMask([1], [1, 1]));
  await finishSearch(rest, jobId, ({ targetClass, canvasIndex }) => {
    const kStar = kStars[targetClass] ?? null;
    return {
      mask,
      canvas: mask,
      topPixels: [0],
      kStar: kStar && kStar * (canvasIndex === 0 ? 1 : 3),
      curve: [{ k: 1, power: 0.5 }],
    };
  });
}

test("its setting is what its manifest says", async () => {
  for (const [name, manifest, expected] of [
    [
      "clean",
      {
        groundTruth: { status: "clean" },
        training: { adversary: null },
        declaredAccuracy: 0.91,
      },
      { setting: "natural", declaredAccuracy: 0.91 },
    ],
    [
      "bad",
      { groundTruth: { status: "poisoned", targetClass: 3 } },
      { setting: "poisoned", declaredAccuracy: null },
    ],
    [
      "robust",
      {
        groundTruth: { status: "clean" },
        training: { adversary: { norm: "linf", epsilon: 0.03, steps: 7 } },
        declaredAccuracy: "most of them",
      },
      { setting: "adversarial", declaredAccuracy: null },
    ],
    ["silent", {}, { setting: "unknown", declaredAccuracy: null }],
    ["odd", { groundTruth: "clean", training: 3 }, { setting: "unknown" }],
  ] as const) {
    await registerCheckedModel(rest, name, { numClasses: 10, manifest });
    expect(await read(name)).toMatchObject(expected);
  }
  const { body } = await rest.request<ModelView[]>("/api/models");
  expect(body.map(({ name }) => name)).toEqual([
    "bad",
    "clean",
    "odd",
    "robust",
    "silent",
  ]);
  for (const model of body) {
    expect(modelSchema.parse(model)).toEqual(model);
    expect(model).toMatchObject({
      dataset: "fashion",
      numClasses: 10,
      cleanAccuracy: 0.9,
      robustAccuracy: null,
      status: "READY",
      evidence: null,
      lastJob: { kind: "check-model", status: "RUNNING" },
    });
    const [check] = model.checks;
    expect(check!.facts).not.toHaveProperty("classNames");
    expect(check!.facts).not.toHaveProperty("canvasesByClass");
  }
  const one = await read("bad");
  expect(one.checks[0]!.facts).toHaveProperty("classNames");
});

test("what is known of a model is of its first good check; its status is that of the newest", async () => {
  const { id } = await registerCheckedModel(rest, "moved", { numClasses: 4 });
  await rest.request("/api/datasets", {
    method: "POST",
    body: { name: "other", path: "/", split: "test" },
  });
  const { body: checked } = await rest.request<ModelView>(
    "/api/models/moved/checks",
    { method: "POST", body: { dataset: "other" } },
  );
  expect(checked).toMatchObject({
    status: "CHECKING",
    dataset: "fashion",
    numClasses: 4,
  });
  await rest.database.pool.query(
    `UPDATE model_check SET status = 'REFUSED', problem = 'no', facts = NULL
     WHERE model_id = $1 AND dataset_id = (SELECT id FROM dataset WHERE name = 'fashion')`,
    [id],
  );
  expect(await read("moved")).toMatchObject({
    status: "CHECKING",
    dataset: "fashion",
    numClasses: null,
    cleanAccuracy: null,
  });
  const names = async (dataset: string) =>
    (
      await rest.request<ModelView[]>(`/api/datasets/${dataset}/models`)
    ).body.map(({ name }) => name);
  expect(await names("other")).toEqual(["moved"]);
  expect(await names("fashion")).toContain("moved");
  expect(await names("fashion")).toContain("clean");
  for (const unknown of ["nothing", randomUUID()])
    expect((await rest.request(`/api/datasets/${unknown}/models`)).status).toBe(
      404,
    );
});

describe("evidence", () => {
  test("is the class that stands out in the newest search of all classes", async () => {
    const { id } = await registerCheckedModel(rest, "found", { numClasses: 5 });
    expect(await read("found")).toMatchObject({ evidence: null });
    const first = await submitSearch(rest, "found", { canvases: 2 });
    // The smallest of a class counts: 2, 5, 6, 7 and none in units of log 2; median 6, deviations 0 1 1 4 ∞.
    await finish(first.id, [64, null, 4, 32, 128]);
    const { evidence, lastJob } = await read("found");
    expect(evidence).toEqual({
      jobId: first.id,
      targetClass: 2,
      className: "class 2",
      anomalyIndex: expect.closeTo(4 / 1.4826, 10) as number,
      medianKStar: expect.closeTo(64, 10) as number,
      kStar: 4,
      threshold: 5.77,
      reason: null,
    });
    expect(lastJob).toEqual({
      id: first.id,
      name: first.name,
      kind: "search",
      status: "SUCCEEDED",
      createdAt: first.createdAt,
    });
    // One of some classes changes nothing; nor does one that fails.
    const some = await submitSearch(rest, "found", { classes: "0-3" });
    await finish(some.id, [1, 64, 64, 32]);
    const failed = await submitSearch(rest, "found");
    await rest.database.transaction((client) =>
      settleJobs(client, [
        { jobId: failed.id, succeeded: 0, dead: failed.shards.total },
      ]),
    );
    expect(await read("found")).toMatchObject({
      evidence,
      lastJob: { id: failed.id, status: "FAILED" },
    });
    const second = await submitSearch(rest, "found");
    await finish(second.id, [8, 8, 8, 8, 2]);
    expect((await read("found")).evidence).toEqual({
      jobId: second.id,
      targetClass: null,
      className: null,
      anomalyIndex: null,
      medianKStar: null,
      kStar: null,
      threshold: null,
      reason: expect.stringContaining("same k*") as string,
    });

    const jobs = async (query = "", model = id) =>
      rest.request<JobView[]>(`/api/models/${model}/jobs${query}`);
    const all = [second, failed, some, first].map((job) => job.id);
    const ids = ({ body }: { readonly body: JobView[] }) =>
      body.map((job) => job.id);
    expect(ids(await jobs())).toEqual(all);
    expect(ids(await jobs("", "found"))).toEqual(all);
    expect(ids(await jobs(`?limit=2&before=${failed.id}`))).toEqual(
      all.slice(2),
    );
    expect(ids(await jobs("?status=FAILED"))).toEqual([failed.id]);
    expect(ids(await jobs("", "clean"))).toEqual([]);
    for (const [query, model, status] of [
      ["", "nothing", 404],
      ["", randomUUID(), 404],
      ["?status=GONE", id, 422],
      ["?kind=noop", id, 422],
      [`?before=${randomUUID()}`, id, 404],
    ] as const)
      expect([query, (await jobs(query, model)).status]).toEqual([
        query,
        status,
      ]);
  });
});
