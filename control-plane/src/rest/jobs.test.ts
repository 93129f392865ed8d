/** Jobs: submitted, planned, shown. What nodes find out is written as they would. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { JobView } from "../jobs/job.ts";
import type { ShardView } from "../jobs/list-shards.ts";
import type { ModelView } from "../models/read-models.ts";
import type { ProgressEvent } from "../progress/read-events.ts";
import {
  startRest,
  type RestAnswer,
  type RunningRest,
} from "./cases/start-rest.ts";
import { job as jobSchema, shard as shardSchema } from "./job-schemas.ts";

const demo = fileURLToPath(new URL("../../../infra/demo/", import.meta.url));

let rest: RunningRest;
let model: ModelView;
beforeAll(async () => {
  rest = await startRest();
  await post("/api/datasets", {
    name: "fashion",
    path: join(demo, "data"),
    split: "test",
  });
  ({ body: model } = await post<ModelView>("/api/models", {
    path: join(demo, "models", "natural.onnx"),
    dataset: "fashion",
  }));
});
afterAll(() => rest.close());

const post = <T>(path: string, body?: unknown): Promise<RestAnswer<T>> =>
  rest.request<T>(path, { method: "POST", body });

async function checkModel(
  numClasses: number,
  imagesPerSecond: number,
): Promise<void> {
  const each = (count: number) => Array<number>(numClasses).fill(count);
  await rest.database.pool.query(
    "UPDATE model_check SET status = 'READY', facts = $1",
    [
      JSON.stringify({
        kind: "check-model",
        refusal: null,
        name: model.name,
        inputShape: [1, 28, 28],
        numClasses,
        cleanAccuracy: 0.9,
        cleanAccuracyImages: 1_000,
        classNames: each(0).map((_, k) => `class ${k}`),
        parts: { canvas: 100, search: 200, evaluate: 700 },
        canvasesByClass: each(10),
        searchImagesByClass: each(20),
        imagesPerSecond,
        warnings: [],
        groundTruth: null,
        importMs: 3,
      }),
    ],
  );
  await rest.database.pool.query(
    "UPDATE dataset SET status = 'READY', digest = 'd1'",
  );
}

const search = (more: object = {}) => ({
  kind: "search",
  model: model.name,
  dataset: "fashion",
  ...more,
});

describe("a search", () => {
  test("waits for the model to be checked", async () => {
    expect(await post("/api/jobs", search())).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("still being held") as string },
    });
  });

  test("is planned into shards that have all they need, with an event and an audit entry", async () => {
    await checkModel(10, 5_000);
    const { status, body: job } = await post<JobView>(
      "/api/jobs",
      search({
        classes: "0,3-5",
        canvases: 3,
        steps: 100,
        seed: 7,
        weight: 2,
        name: "first",
      }),
    );
    expect(status).toBe(201);
    expect(jobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      kind: "search",
      name: "first",
      status: "RUNNING",
      weight: 2,
      model: model.name,
      dataset: "fashion",
      done: 0,
      createdBy: "local",
      finishedAt: null,
      parameters: {
        classes: "0,3-5",
        seed: 7,
        pack: 8,
        evaluateImages: 1_000,
        threshold: 0.9,
        backend: "auto",
        canvasIndex: null,
        searches: 12,
        classesShortOfCanvases: 0,
        settings: {
          preset: "default",
          steps: 100,
          batchSize: 4,
          alpha: 0.2,
          stepSize: 0.02,
          initialMask: 0.5,
          canvasStepSize: 0.04,
          canvasSource: "natural",
          canvases: 3,
          seeds: 1,
        },
      },
    });
    const { body: shards } = await rest.request<ShardView[]>(
      `/api/jobs/${job.id}/shards`,
    );
    for (const shard of shards) expect(shardSchema.parse(shard)).toEqual(shard);
    expect(shards).toHaveLength(job.shards.total);
    expect(shards.flatMap(({ searches }) => searches)).toHaveLength(12);
    const { rows } = await rest.database.pool.query<{ spec: object }>(
      `SELECT spec FROM shard WHERE job_id = $1 ORDER BY "index"`,
      [job.id],
    );
    expect(rows[0]!.spec).toEqual({
      kind: "search",
      model: {
        name: model.name,
        sha256: model.sha256,
        manifest: model.manifest,
      },
      dataset: {
        name: "fashion",
        split: "test",
        digest: "d1",
        path: join(demo, "data"),
        files: expect.any(Array) as unknown[],
      },
      settings: job.parameters.settings,
      pack: 8,
      evaluateImages: 1_000,
      threshold: 0.9,
      backend: "auto",
      searches: shards[0]!.searches,
    });
    const events = await rest.request<{ events: ProgressEvent[] }>(
      `/api/jobs/${job.id}/events`,
    );
    expect(events.body.events).toMatchObject([
      { seq: 1, type: "job-submitted", body: { shards: job.shards.total } },
    ]);
    const audit = await rest.request<RecordedChange[]>("/api/audit?limit=1");
    expect(audit.body).toMatchObject([
      {
        actor: "local",
        address: "127.0.0.1",
        action: "job.submit",
        subject: job.id,
        details: { model: model.name, weight: 2 },
      },
    ]);
    expect((await rest.request(`/api/jobs/${job.id}/result`)).status).toBe(409);
  });

  test("the same search twice is two jobs, of other shards", async () => {
    const ids = [];
    for (let i = 0; i < 2; i++) {
      const { body } = await post<JobView>("/api/jobs", search());
      const shards = await rest.request<ShardView[]>(
        `/api/jobs/${body.id}/shards`,
      );
      ids.push(...shards.body.map(({ id }) => id));
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("takes the preset's numbers", async () => {
    const { body } = await post<JobView>(
      "/api/jobs",
      search({ preset: "official", classes: "1", pack: 2 }),
    );
    expect(body.parameters).toMatchObject({
      pack: 2,
      searches: 1,
      settings: { preset: "official", steps: 2_250, canvases: 1 },
    });
  });

  test("of 1,000 classes and 3 canvases is there in under 2 s", async () => {
    await checkModel(1_000, 60);
    const began = performance.now();
    const { status, body } = await post<JobView>(
      "/api/jobs",
      search({ canvases: 3, steps: 10, pack: 1, evaluateImages: 50 }),
    );
    const elapsed = performance.now() - began;
    expect(status).toBe(201);
    expect(body.parameters).toMatchObject({ searches: 3_000 });
    expect(elapsed).toBeLessThan(2_000);
    await checkModel(10, 5_000);
  });

  test("that does not fit is refused, naming the field", async () => {
    for (const [more, detail] of [
      [{ classes: "3-20" }, /^classes: 3-20: the model has the classes 0 to 9/],
      [{ classes: "" }, /^classes/],
      [{ classes: 3 }, /^classes/],
      [{ steps: 0 }, /^steps/],
      [{ steps: 1.5 }, /^steps/],
      [{ steps: "10" }, /^steps/],
      [{ batchSize: 5_000 }, /^batchSize/],
      [{ batchSize: 200 }, /^batchSize: only 180 images/],
      [{ alpha: 2 }, /^alpha/],
      [{ stepSize: 0 }, /^stepSize/],
      [{ canvasSource: "paint" }, /^canvasSource/],
      [
        { canvasIndex: 10 },
        /^canvasIndex: 10; class 0 has the canvases 0 to 9/,
      ],
      [{ canvasIndex: -1 }, /^canvasIndex/],
      [{ seeds: 0 }, /^seeds/],
      [{ seed: 2 ** 31 }, /^seed/],
      [{ pack: 0 }, /^pack/],
      [{ threshold: 1.1 }, /^threshold/],
      [{ evaluateImages: 0 }, /^evaluateImages/],
      [{ backend: "rm -rf" }, /^backend/],
      [{ weight: 0 }, /^weight/],
      [{ weight: 1_001 }, /^weight/],
      [{ preset: "best" }, /^preset/],
      [{ name: " " }, /^name/],
      [{ colour: 1 }, /colour/],
      [
        { canvasSource: "noise", canvases: 10_000, seeds: 10_000 },
        /1000000 searches/,
      ],
    ] as const) {
      const { status, body } = await post<{ detail: string }>(
        "/api/jobs",
        search(more),
      );
      expect([more, status]).toEqual([more, 422]);
      expect(body.detail).toMatch(detail);
    }
    for (const [more, detail] of [
      [{ model: "nothing" }, /There is no model "nothing"/],
      [{ dataset: randomUUID() }, /There is no data set/],
    ] as const)
      expect(await post("/api/jobs", search(more))).toMatchObject({
        status: 404,
        body: { detail: expect.stringMatching(detail) as string },
      });
    await rest.database.pool.query(
      "UPDATE model_check SET status = 'REFUSED', problem = 'It is wrong about everything.'",
    );
    expect(await post("/api/jobs", search())).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining("wrong about everything") as string,
      },
    });
    await checkModel(10, 5_000);
  });
});

test("150,000 shards are there in seconds, in bounded memory", async () => {
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(
    () => (most = Math.max(most, process.memoryUsage().rss)),
    20,
  );
  const began = performance.now();
  const { status, body } = await post<JobView>("/api/jobs", {
    kind: "noop",
    shards: 150_000,
    waitMs: 0,
  });
  const elapsed = performance.now() - began;
  clearInterval(watch);
  expect(status).toBe(201);
  expect(body.shards).toEqual({
    total: 150_000,
    succeeded: 0,
    dead: 0,
    cancelled: 0,
    running: 0,
    pending: 150_000,
  });
  expect(elapsed).toBeLessThan(20_000);
  expect(most - before).toBeLessThan(200 * 2 ** 20);
  const { body: last } = await rest.request<ShardView[]>(
    `/api/jobs/${body.id}/shards?after=149997`,
  );
  expect(last.map(({ index }) => index)).toEqual([149_998, 149_999]);
});

test("jobs are listed newest first, a page at a time, by kind and status", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++)
    ids.unshift(
      (
        await post<JobView>("/api/jobs", {
          kind: "noop",
          shards: 1,
          waitMs: 0,
          name: `job ${i}`,
        })
      ).body.id,
    );
  const list = async (query: string) =>
    (await rest.request<JobView[]>(`/api/jobs?${query}`)).body.map(
      ({ id }) => id,
    );
  expect(await list("kind=noop&limit=2")).toEqual(ids.slice(0, 2));
  expect(await list(`kind=noop&limit=3&before=${ids[1]}`)).toEqual(
    ids.slice(2),
  );
  expect(await list("status=PAUSED")).toEqual([]);
  expect(await list("kind=check-model")).toHaveLength(1);
  for (const [query, status] of [
    ["limit=0", 422],
    ["limit=1001", 422],
    ["limit=x", 422],
    ["limit=1&limit=2", 422],
    ["status=DONE", 422],
    ["before=1", 422],
    ["sort=name", 422],
    [`before=${randomUUID()}`, 404],
  ] as const)
    expect([query, (await rest.request(`/api/jobs?${query}`)).status]).toEqual([
      query,
      status,
    ]);
});

test("progress counts shards on nodes by what they have done", async () => {
  const { body } = await post<JobView>("/api/jobs", {
    kind: "noop",
    shards: 4,
    waitMs: 0,
  });
  await rest.database.pool.query(
    `UPDATE shard SET status = CASE "index" WHEN 0 THEN 'SUCCEEDED' WHEN 1 THEN 'RUNNING' WHEN 2 THEN 'LEASED' ELSE 'QUEUED' END,
       done = CASE "index" WHEN 1 THEN 0.5 ELSE 0 END WHERE job_id = $1`,
    [body.id],
  );
  await rest.database.pool.query(
    "UPDATE job SET succeeded_count = 1 WHERE id = $1",
    [body.id],
  );
  expect((await rest.request(`/api/jobs/${body.id}`)).body).toMatchObject({
    shards: { succeeded: 1, running: 2, pending: 1 },
    done: 0.375,
  });
  const { body: shards } = await rest.request<ShardView[]>(
    `/api/jobs/${body.id}/shards?status=RUNNING`,
  );
  expect(shards.map(({ index, done }) => [index, done])).toEqual([[1, 0.5]]);
});

describe("a job that people", () => {
  const submit = async () =>
    (await post<JobView>("/api/jobs", { kind: "noop", shards: 3, waitMs: 0 }))
      .body.id;
  const change = (id: string, what: string) =>
    post<JobView & { detail: string }>(`/api/jobs/${id}/${what}`);
  const actionsOn = async (id: string) =>
    (await rest.request<RecordedChange[]>("/api/audit?limit=50")).body
      .filter(({ subject }) => subject === id)
      .map(({ action }) => action)
      .reverse();
  const statusesOf = async (id: string) =>
    (
      await rest.request<{ events: ProgressEvent[] }>(`/api/jobs/${id}/events`)
    ).body.events
      .filter(({ type }) => type === "job-status")
      .map(({ body }) => body.status);

  test("pause and resume goes on, however often they say it", async () => {
    const id = await submit();
    for (const [what, status] of [
      ["pause", "PAUSED"],
      ["pause", "PAUSED"],
      ["resume", "RUNNING"],
      ["resume", "RUNNING"],
    ] as const)
      expect(await change(id, what)).toMatchObject({
        status: 200,
        body: { id, status },
      });
    expect(await statusesOf(id)).toEqual(["PAUSED", "RUNNING"]);
    expect(await actionsOn(id)).toEqual([
      "job.submit",
      "job.pause",
      "job.resume",
    ]);
  });

  test("cancel has ended, and says so to whoever wants more of it", async () => {
    const id = await submit();
    for (let i = 0; i < 2; i++) {
      const { status, body } = await change(id, "cancel");
      expect(status).toBe(200);
      expect(jobSchema.parse(body)).toEqual(body);
      expect(body).toMatchObject({
        status: "CANCELLED",
        shards: { cancelled: 3, pending: 0 },
        done: 1,
        finishedAt: expect.any(String) as string,
      });
    }
    for (const what of ["pause", "resume"])
      expect(await change(id, what)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining("CANCELLED") as string },
      });
    expect(await statusesOf(id)).toEqual(["CANCELLED"]);
    expect(await actionsOn(id)).toEqual(["job.submit", "job.cancel"]);
    for (const what of ["cancel", "pause", "resume"])
      expect((await change(randomUUID(), what)).status).toBe(404);
  });

  test("change at once is changed by one after the other", async () => {
    const id = await submit();
    const answers = await Promise.all(
      ["cancel", "pause", "resume", "cancel", "pause"].map((what) =>
        change(id, what),
      ),
    );
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await rest.request(`/api/jobs/${id}`)).body).toMatchObject({
      status: "CANCELLED",
      shards: { cancelled: 3 },
    });
    expect(
      (await actionsOn(id)).filter((action) => action === "job.cancel"),
    ).toHaveLength(1);
  });
});

test("unknown jobs, and what is no id, are not found", async () => {
  for (const id of [randomUUID(), "1", "nothing", "%00"])
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/shards"],
      ["GET", "/events"],
      ["GET", "/result"],
    ] as const)
      expect([
        id,
        path,
        (await rest.request(`/api/jobs/${id}${path}`, { method })).status,
      ]).toEqual([id, path, 404]);
});

test("bodies that are no JSON, too large, or of another type", async () => {
  const send = async (body: string, type = "application/json") =>
    rest.request<{ detail: string; status: number }>("/api/jobs", {
      method: "POST",
      headers: { "content-type": type },
      text: body,
    });
  for (const [body, type, status] of [
    ["{", "application/json", 400],
    ["null", "application/json", 400],
    ["[]", "application/json", 422],
    ["", "application/json", 422],
    ["kind=noop", "application/x-www-form-urlencoded", 422],
    ["{}", "text/plain", 422],
    [`{"kind": "${"x".repeat(2 ** 20)}"}`, "application/json", 413],
    [
      '{"kind": "noop", "__proto__": {"shards": 1}, "waitMs": 0}',
      "application/json",
      422,
    ],
  ] as const) {
    const answer = await send(body, type);
    expect([body.slice(0, 40), answer.status]).toEqual([
      body.slice(0, 40),
      status,
    ]);
    expect(answer.headers.get("content-type")).toContain("problem+json");
    expect(answer.body.status).toBe(status);
  }
});
