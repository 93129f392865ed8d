/** What people change of jobs over REST, and what becomes of it; shards are moved by the leases' own operations. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { JobView } from "../jobs/job.ts";
import {
  LEASE_OPERATIONS,
  type GrantedLease,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ModelView } from "../models/read-models.ts";
import type { ProgressEvent } from "../progress/read-events.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { job as jobSchema } from "./job-schemas.ts";

const demo = fileURLToPath(new URL("../../../infra/demo/", import.meta.url));

let rest: RunningRest;
let leases: LeaseOperations;
beforeAll(async () => {
  rest = await startRest();
  leases = rest.app.get<LeaseOperations>(LEASE_OPERATIONS);
});
afterAll(() => rest.close());

const nodeId = randomUUID();

const submit = async (more: object = {}) =>
  (
    await rest.request<JobView>("/api/jobs", {
      method: "POST",
      body: { kind: "noop", shards: 3, waitMs: 0, ...more },
    })
  ).body.id;
const readJob = async (id: string) =>
  (await rest.request<JobView>(`/api/jobs/${id}`)).body;
const change = (id: string, body?: unknown) =>
  rest.request<
    JobView & { detail: string; errors?: { field: string; message: string }[] }
  >(`/api/jobs/${id}`, { method: "PATCH", body });
const redrive = (id: string) =>
  rest.request<JobView & { detail: string }>(`/api/jobs/${id}/redrive`, {
    method: "POST",
  });
const eventsOf = async (stream: string, after = 0) =>
  (
    await rest.request<{ events: ProgressEvent[] }>(
      stream === "cluster"
        ? `/api/events?after=${after}&limit=1000`
        : `/api/jobs/${stream}/events?after=${after}&limit=1000`,
    )
  ).body.events;
const changesOf = async (id: string) =>
  (await rest.request<RecordedChange[]>("/api/audit?limit=100")).body
    .filter(({ subject }) => subject === id)
    .reverse();

/** All that wait, whatever job they are of; the application's own feeder may be at it at the same time. */
async function grantAll(): Promise<readonly GrantedLease[]> {
  const all: GrantedLease[] = [];
  for (;;) {
    await leases.feedShards();
    all.push(
      ...(await leases.grantLeases(randomUUID(), [{ nodeId, leases: 100 }])),
    );
    const { rows } = await rest.database.pool.query(
      `SELECT FROM shard JOIN job ON job.id = job_id
       WHERE job.status = 'RUNNING' AND shard.status IN ('PENDING', 'QUEUED') LIMIT 1`,
    );
    if (rows.length === 0) return all;
  }
}

const kill = (granted: readonly GrantedLease[]) =>
  leases.failShards(
    granted.map(({ leaseId }) => ({
      ...{ leaseId, nodeId },
      fault: "input" as const,
      message: "The disk is not there.",
    })),
  );

describe("a job's name and weight", () => {
  test("are changed, told, and written down with who did it; what is so already is no change", async () => {
    const id = await submit({ name: "before" });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await change(id, { weight: 7, name: " after " });
      expect(status).toBe(200);
      expect(jobSchema.parse(body)).toEqual(body);
      expect(body).toMatchObject({ id, weight: 7, name: "after" });
    }
    expect((await change(id, { weight: 8 })).body).toMatchObject({
      weight: 8,
      name: "after",
    });
    expect(await readJob(id)).toMatchObject({ weight: 8, name: "after" });
    const told = (await eventsOf(id)).filter(
      ({ type }) => type === "job-changed",
    );
    expect(told.map(({ body }) => body)).toEqual([
      { name: "after", weight: 7 },
      { name: "after", weight: 8 },
    ]);
    expect(
      (await eventsOf("cluster")).filter(
        ({ type, body }) => type === "job-changed" && body.jobId === id,
      ),
    ).toHaveLength(2);
    expect(await changesOf(id)).toMatchObject([
      { action: "job.submit" },
      {
        action: "job.edit",
        actor: "local",
        address: "127.0.0.1",
        details: {
          from: { name: "before", weight: 1 },
          to: { name: "after", weight: 7 },
        },
      },
      { action: "job.edit", details: { to: { name: "after", weight: 8 } } },
    ]);
    await rest.request(`/api/jobs/${id}/cancel`, { method: "POST" });
    expect((await change(id, { name: "of old" })).body).toMatchObject({
      status: "CANCELLED",
      name: "of old",
    });
  });

  test("that do not fit are refused, naming the field", async () => {
    const id = await submit({ name: "before" });
    for (const [body, field] of [
      [{}, ""],
      [undefined, ""],
      [[], ""],
      [{ weight: 0 }, "weight"],
      [{ weight: 1_001 }, "weight"],
      [{ weight: 1.5 }, "weight"],
      [{ weight: "2" }, "weight"],
      [{ weight: null }, "weight"],
      [{ name: " " }, "name"],
      [{ name: "x".repeat(201) }, "name"],
      [{ name: "a", status: "SUCCEEDED" }, ""],
    ] as const) {
      const answer = await change(id, body);
      expect([body, answer.status]).toEqual([body, 422]);
      expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
    }
    expect((await change(id, {})).body.detail).toContain(
      "name, weight or both",
    );
    expect(await readJob(id)).toMatchObject({ name: "before", weight: 1 });
    for (const unknown of [randomUUID(), "nothing"])
      expect((await change(unknown, { weight: 2 })).status).toBe(404);
  });
});

describe("dead shards", () => {
  test("of a failed job are tried again when a person says so, which is told and written down", async () => {
    const id = await submit({ name: "mended" });
    await kill((await grantAll()).filter(({ jobId }) => jobId === id));
    expect(await readJob(id)).toMatchObject({
      status: "FAILED",
      shards: { dead: 3 },
    });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await redrive(id);
      expect(status).toBe(200);
      expect(jobSchema.parse(body)).toEqual(body);
      expect(body).toMatchObject({
        status: "RUNNING",
        finishedAt: null,
        shards: { dead: 0, pending: 3 },
      });
    }
    const events = (await eventsOf(id)).filter(({ type }) =>
      type.startsWith("job-"),
    );
    expect(events.map(({ type }) => type).slice(-3)).toEqual([
      "job-status",
      "job-redriven",
      "job-status",
    ]);
    expect(events.slice(-2).map(({ body }) => body)).toEqual([
      { shards: 3 },
      { status: "RUNNING" },
    ]);
    expect((await changesOf(id)).at(-1)).toMatchObject({
      action: "job.redrive",
      actor: "local",
      details: { name: "mended", from: "FAILED", to: "RUNNING", shards: 3 },
    });
    expect(await changesOf(id)).toHaveLength(2);
  });

  test("are not there in a job that was cancelled, or in none", async () => {
    const id = await submit();
    await rest.request(`/api/jobs/${id}/cancel`, { method: "POST" });
    expect(await redrive(id)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("CANCELLED") as string },
    });
    for (const unknown of [randomUUID(), "nothing"])
      expect((await redrive(unknown)).status).toBe(404);
  });

  test("of a check or an inspection have the model or data set be checked again", async () => {
    await rest.request("/api/datasets", {
      method: "POST",
      body: { name: "fashion", path: join(demo, "data"), split: "test" },
    });
    const { body: model } = await rest.request<ModelView>("/api/models", {
      method: "POST",
      body: { path: join(demo, "models", "natural.onnx"), dataset: "fashion" },
    });
    await kill(await grantAll());
    const read = async () => {
      const { body } = await rest.request<ModelView>(`/api/models/${model.id}`);
      const { body: dataset } = await rest.request<{
        status: string;
        problem: string | null;
        jobId: string;
      }>("/api/datasets/fashion");
      return { check: body.checks[0]!, dataset };
    };
    const { check, dataset } = await read();
    for (const each of [check, dataset]) {
      expect(each).toMatchObject({
        status: "REFUSED",
        problem: "The disk is not there.",
      });
      expect((await redrive(each.jobId)).status).toBe(200);
    }
    const again = await read();
    for (const each of [again.check, again.dataset])
      expect(each).toMatchObject({ status: "CHECKING", problem: null });
  });
});

test("lists of jobs hear of each by name: submitted, paused, resumed, ended", async () => {
  const before = (await eventsOf("cluster")).at(-1)?.seq ?? 0;
  const id = await submit({ name: "watched" });
  for (const what of ["pause", "resume"])
    await rest.request(`/api/jobs/${id}/${what}`, { method: "POST" });
  const granted = (await grantAll()).filter(({ jobId }) => jobId === id);
  await leases.completeShards(
    granted.map(({ leaseId, shardId, retryCount }) => ({
      ...{ leaseId, shardId, retryCount, nodeId },
      result: { kind: "noop" as const },
    })),
  );
  const told = (await eventsOf("cluster", before)).filter(
    ({ body }) => body.jobId === id,
  );
  expect(told.map(({ type, body }) => [type, body])).toEqual(
    [
      ["job-submitted", "RUNNING"],
      ["job-status", "PAUSED"],
      ["job-status", "RUNNING"],
      ["job-status", "SUCCEEDED"],
    ].map(([type, status]) => [
      type,
      { jobId: id, status, name: "watched", kind: "noop" },
    ]),
  );
});
