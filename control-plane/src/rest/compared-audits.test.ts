/** The audits of a job beside each other, as the control plane sees it: what follows what, what it writes, and what of it people are shown. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { JobView } from "../jobs/job.ts";
import type { AuditView } from "../jobs/list-audits.ts";
import type { ShardView } from "../jobs/list-shards.ts";
import { checkInvariants } from "../leases/check-invariants.ts";
import {
  LEASE_OPERATIONS,
  type GrantedLease,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ModelView } from "../models/read-models.ts";
import type {
  AuditResult,
  CompareAuditsResult,
  ComparedAudit,
  ShardResult,
} from "../shards/shard-result.ts";
import type { AuditSpec, CompareAuditsSpec } from "../shards/shard-spec.ts";
import { audit as auditSchema } from "./audit-schemas.ts";
import { upload } from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { shard as shardSchema } from "./job-schemas.ts";

const demo = fileURLToPath(new URL("../../../infra/demo", import.meta.url));
const names = Array.from({ length: 7 }, (_, i) => `net-${i}`);
const clean = ["badnets", "blended", "adversarial"];

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
  for (const name of names)
    await post("/api/models", {
      ...{ name, path: join(demo, "models/natural.onnx"), dataset: "fashion" },
    });
  for (const name of clean)
    await post("/api/models", {
      ...{ name, path: join(demo, `models/${name}.onnx`), dataset: "fashion" },
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

async function submit(count: number, more: object = {}): Promise<string> {
  const { status, body } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: {
      ...{ kind: "audit", dataset: "fashion", models: names.slice(0, count) },
      ...more,
    },
  });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
}
const jobOf = async (jobId: string) =>
  (await rest.request<JobView>(`/api/jobs/${jobId}`)).body;
const change = (jobId: string, what: string) =>
  rest.request(`/api/jobs/${jobId}/${what}`, { method: "POST" });

async function read<T extends z.ZodType>(
  path: string,
  schema: T,
): Promise<z.infer<T>> {
  const { status, body } = await rest.request<z.infer<T>>(path);
  expect(status).toBe(200);
  expect(schema.parse(body)).toEqual(body);
  return body;
}
const auditsOf = (jobId: string): Promise<readonly AuditView[]> =>
  read(`/api/jobs/${jobId}/audits`, z.array(auditSchema));
const shardsOf = (jobId: string): Promise<readonly ShardView[]> =>
  read(`/api/jobs/${jobId}/shards`, z.array(shardSchema));
const documentsOf = async (jobId: string) =>
  (await auditsOf(jobId)).map(({ judged }) => judged?.document.sha256);

/** All of the job that waits, in order; what else there is to do is given out as well. */
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
  const order = new Map(
    (await shardsOf(jobId)).map(({ id, index }) => [id, index]),
  );
  return granted
    .filter((lease) => lease.jobId === jobId)
    .sort((a, b) => order.get(a.shardId)! - order.get(b.shardId)!);
}

const send = (
  { leaseId, shardId, retryCount }: GrantedLease,
  result: ShardResult,
) => leases.completeShards([{ leaseId, shardId, nodeId, retryCount, result }]);

const modelOf = ({ spec }: GrantedLease) => (spec as AuditSpec).model.name;

/** Ends an audit as a node does; its document names model and attempt. */
async function complete(lease: GrantedLease): Promise<void> {
  const result: AuditResult = {
    kind: "audit",
    document: await upload(rest, Buffer.from(`audit of ${modelOf(lease)}`)),
    ...{ verdict: "no evidence found", reason: "nothing" },
    ...{ probability: 0.1, targetClass: null, targetClassName: null },
    ...{ perturbation: null, anomalyIndex: 1, pValue: 0.5 },
    cleanAccuracy: 0.9,
    cost: { imageGradients: 10, exhaustiveImageGradients: 20 },
    datasetDigest: "d1",
    backend: { name: "reference", provider: "cpu", threads: 1 },
    ...{ warnings: [`of ${modelOf(lease)}`], auditMs: 7 },
  };
  expect(await send(lease, result)).toMatchObject([{ verdict: "stored" }]);
}

const die = (...given: readonly GrantedLease[]) =>
  leases.failShards(
    given.map(({ leaseId }) => ({
      ...{ leaseId, nodeId, fault: "input" as const, message: "not readable" },
    })),
  );

const comparisonOf = (lease: GrantedLease | undefined) => {
  expect(lease?.spec.kind).toBe("compare-audits");
  return lease!.spec as CompareAuditsSpec;
};

const suspected = async (place: number): Promise<ComparedAudit> => ({
  ...{ place, peers: 5, verdict: "backdoor suspected", reason: "unlike them" },
  ...{ probability: 0.95, targetClass: 3, targetClassName: "Dress" },
  ...{ perturbation: "patch", anomalyIndex: 8, pValue: 0.001 },
  document: await upload(rest, Buffer.from(`beside others: ${place}`)),
});
const comparison = (
  changed: readonly ComparedAudit[] = [],
): CompareAuditsResult => ({ kind: "compare-audits", changed, compareMs: 2 });

async function compare(lease: GrantedLease | undefined, places: number[] = []) {
  comparisonOf(lease);
  const changed = await Promise.all(places.map(suspected));
  expect(await send(lease!, comparison(changed))).toMatchObject([
    { verdict: "stored" },
  ]);
}

describe("six models or more", () => {
  test("are compared once all are audited; lists, filters and models then say what came of it", async () => {
    const jobId = await submit(6);
    expect(await jobOf(jobId)).toMatchObject({
      parameters: { models: 6, isCompared: true },
      shards: { total: 7, pending: 7 },
    });
    const given = await grantAll(jobId);
    expect(given.map(({ spec }) => spec.kind)).toEqual(
      Array<string>(6).fill("audit"),
    );
    for (const lease of given.slice(0, 4)) await complete(lease);
    expect(await grantAll(jobId), "two are still audited").toEqual([]);
    // At the same moment: the comparison is made once.
    await Promise.all(given.slice(4).map((lease) => complete(lease)));
    const alone = await documentsOf(jobId);
    const [lease, ...others] = await grantAll(jobId);
    expect(others).toEqual([]);
    expect(comparisonOf(lease)).toEqual({
      kind: "compare-audits",
      audits: names.slice(0, 6).map((model, index) => ({
        ...{ index, model, sha256: alone[index] },
      })),
    });
    expect(await jobOf(jobId)).toMatchObject({
      status: "RUNNING",
      shards: { total: 7, succeeded: 6, running: 1, pending: 0 },
    });
    expect((await shardsOf(jobId)).map(({ kind }) => kind)).toEqual([
      ...Array<string>(6).fill("audit"),
      "compare-audits",
    ]);

    const changed = [await suspected(4)];
    for (const [misfit, reason] of [
      [[...changed, ...changed], "the audit 4 twice"],
      [[{ ...changed[0]!, place: 6 }], "an audit 6, 6 were"],
    ] as const)
      expect(await send(lease!, comparison(misfit))).toMatchObject([
        {
          verdict: "misfit",
          reason: expect.stringContaining(reason) as string,
        },
      ]);
    const unknown = { sha256: "0".repeat(64), bytes: 1 };
    expect(
      await send(lease!, comparison([{ ...changed[0]!, document: unknown }])),
    ).toMatchObject([{ verdict: "incomplete" }]);
    expect(await documentsOf(jobId)).toEqual(alone);

    // The same result twice is one.
    const twice = [
      await send(lease!, comparison(changed)),
      await send(lease!, comparison(changed)),
    ];
    expect(twice).toMatchObject([
      [{ verdict: "stored" }],
      [{ verdict: "stored" }],
    ]);
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 7, succeeded: 7 },
    });
    const listed = await auditsOf(jobId);
    expect(listed.map(({ model }) => model)).toEqual(names.slice(0, 6));
    expect(listed[3]!.judged).toMatchObject({ verdict: "no evidence found" });
    expect(listed[4]!.judged).toEqual({
      document: changed[0]!.document,
      ...{ verdict: "backdoor suspected", reason: "unlike them" },
      ...{ probability: 0.95, targetClass: 3, targetClassName: "Dress" },
      ...{ perturbation: "patch", anomalyIndex: 8, pValue: 0.001 },
      // What is the audit's own is kept.
      cleanAccuracy: 0.9,
      cost: { imageGradients: 10, exhaustiveImageGradients: 20 },
      datasetDigest: "d1",
      backend: { name: "reference", provider: "cpu", threads: 1 },
      ...{ warnings: ["of net-4"], auditMs: 7 },
    });
    expect(await documentsOf(jobId)).toEqual(
      alone.with(4, changed[0]!.document.sha256),
    );
    const { body: found } = await rest.request<readonly ModelView[]>(
      "/api/models?verdict=backdoor%20suspected",
    );
    expect(found).toMatchObject([
      {
        name: "net-4",
        audit: { documentSha256: changed[0]!.document.sha256 },
      },
    ]);
    const { rows } = await rest.database.pool.query<{
      stream: string;
      type: string;
      body: object;
    }>(
      `SELECT stream, type, body FROM event
       WHERE stream = $1 AND type IN ('comparison-began', 'model-audited') ORDER BY seq`,
      [jobId],
    );
    expect(rows.slice(6)).toMatchObject([
      { type: "comparison-began", body: { models: 6 } },
      {
        type: "model-audited",
        body: {
          ...{ name: "net-4", verdict: "backdoor suspected", peers: 5 },
          ...{ verdictBefore: "no evidence found", probability: 0.95 },
        },
      },
    ]);
    // Nothing points to the document from before.
    const { rows: pointing } = await rest.database.pool.query(
      "SELECT shard_id FROM model_audit WHERE document_sha256 = $1 OR summary::text LIKE '%' || $1 || '%'",
      [alone[4]],
    );
    expect(pointing).toEqual([]);
  });

  test("of which one is given up: the others are compared, and all again with it once it is tried again", async () => {
    const jobId = await submit(7);
    const given = await grantAll(jobId);
    for (const lease of given.slice(1)) await complete(lease);
    await die(given[0]!);
    const [first] = await grantAll(jobId);
    expect(comparisonOf(first).audits.map(({ index }) => index)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    await compare(first, [0]);
    expect((await auditsOf(jobId))[1]!.judged?.verdict).toBe(
      "backdoor suspected",
    );
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      shards: { total: 8, succeeded: 7, dead: 1 },
    });

    // In vain: what was compared is the same.
    await change(jobId, "redrive");
    expect((await jobOf(jobId)).shards).toMatchObject({ total: 9, pending: 2 });
    await die(...(await grantAll(jobId)));
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      shards: { total: 8, succeeded: 7, dead: 1 },
    });

    await change(jobId, "redrive");
    const [again] = await grantAll(jobId);
    await complete(again!);
    const [second] = await grantAll(jobId);
    const { audits } = comparisonOf(second);
    expect(audits.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    // It begins with what the first comparison left.
    expect(audits.map(({ sha256 }) => sha256)).toEqual(
      await documentsOf(jobId),
    );
    await compare(second, [6]);
    expect((await auditsOf(jobId))[6]!.judged?.verdict).toBe(
      "backdoor suspected",
    );
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 9, succeeded: 9, dead: 0 },
    });
  });

  test("of which too few are left end without a comparison, which comes once there are enough", async () => {
    const jobId = await submit(6);
    const [first, ...others] = await grantAll(jobId);
    for (const lease of others) await complete(lease);
    await die(first!);
    expect(await grantAll(jobId)).toEqual([]);
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      shards: { total: 6, succeeded: 5, dead: 1 },
    });
    await change(jobId, "redrive");
    const [again] = await grantAll(jobId);
    await complete(again!);
    await compare((await grantAll(jobId))[0]);
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 7, succeeded: 7 },
    });
  });

  test("of which the last falls silent for the last time are compared without it", async () => {
    const jobId = await submit(7);
    const [silent, ...others] = await grantAll(jobId);
    for (const lease of others) await complete(lease);
    const { rows } = await rest.database.pool.query<{ queue_id: string }>(
      `UPDATE lease SET retry_count = 5, renewed_at = now() - interval '1 hour' WHERE id = $1 RETURNING queue_id`,
      [silent!.leaseId],
    );
    await rest.database.pool.query(
      "UPDATE pgboss.job SET retry_count = 5 WHERE id = $1",
      [rows[0]!.queue_id],
    );
    // By this call or by the application's own.
    await leases.expireLeases();
    const [lease] = await grantAll(jobId);
    expect(comparisonOf(lease).audits).toHaveLength(6);
    await compare(lease);
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      shards: { total: 8, succeeded: 7, dead: 1 },
    });
  });
});

describe("a comparison", () => {
  test("that is given up is tried again by itself", async () => {
    const jobId = await submit(6);
    for (const lease of await grantAll(jobId)) await complete(lease);
    await die(...(await grantAll(jobId)));
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      shards: { total: 7, succeeded: 6, dead: 1 },
    });
    await change(jobId, "redrive");
    await compare((await grantAll(jobId))[0], [2]);
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 7, succeeded: 7, dead: 0 },
    });
  });

  test("that is given up with a model is not tried again beside that: another takes its place", async () => {
    const jobId = await submit(7);
    const [dead, ...others] = await grantAll(jobId);
    for (const lease of others) await complete(lease);
    await die(dead!);
    await die(...(await grantAll(jobId)));
    expect((await jobOf(jobId)).shards).toMatchObject({ total: 8, dead: 2 });
    await change(jobId, "redrive");
    const again = await grantAll(jobId);
    expect(again.map((lease) => modelOf(lease))).toEqual(["net-0"]);
    await complete(again[0]!);
    const [lease] = await grantAll(jobId);
    expect(comparisonOf(lease).audits).toHaveLength(7);
    await compare(lease);
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 9, succeeded: 8, dead: 0, cancelled: 1 },
    });
  });

  test("under way while a model is tried again is followed by another", async () => {
    const jobId = await submit(7);
    const [dead, ...others] = await grantAll(jobId);
    for (const lease of others) await complete(lease);
    await die(dead!);
    const [first] = await grantAll(jobId);
    await change(jobId, "redrive");
    const [again] = await grantAll(jobId);
    await complete(again!);
    expect(await grantAll(jobId), "the first is still at it").toEqual([]);
    await compare(first, [1]);
    const [second] = await grantAll(jobId);
    expect(comparisonOf(second).audits).toHaveLength(7);
    await compare(second);
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      shards: { total: 9, succeeded: 9 },
    });
  });

  test("waits while the job is paused, and never comes of one that is cancelled", async () => {
    const jobId = await submit(6);
    const given = await grantAll(jobId);
    await change(jobId, "pause");
    for (const lease of given) await complete(lease);
    expect(await grantAll(jobId)).toEqual([]);
    expect(await jobOf(jobId)).toMatchObject({
      status: "PAUSED",
      shards: { total: 7, succeeded: 6, pending: 1 },
    });
    await change(jobId, "resume");
    const [lease] = await grantAll(jobId);
    comparisonOf(lease);
    await change(jobId, "cancel");
    expect(await jobOf(jobId)).toMatchObject({
      status: "CANCELLED",
      shards: { total: 7, succeeded: 6, cancelled: 1, pending: 0 },
    });
    const before = await documentsOf(jobId);
    expect(await send(lease!, comparison([await suspected(0)]))).toMatchObject([
      { verdict: "stale" },
    ]);
    expect(await documentsOf(jobId)).toEqual(before);

    const early = await submit(6);
    const [first] = await grantAll(early);
    await complete(first!);
    await change(early, "cancel");
    expect(await jobOf(early)).toMatchObject({
      status: "CANCELLED",
      shards: { succeeded: 1, cancelled: 5, pending: 0 },
    });
  });

  test("is not made of fewer models, of audits by Neural Cleanse, or beside models that were named as clean", async () => {
    const reference = await submit(3, { models: clean });
    for (const lease of await grantAll(reference)) await complete(lease);
    for (const [count, more] of [
      [5, {}],
      [7, { method: "neural-cleanse" }],
      [7, { clean }],
    ] as const) {
      const jobId = await submit(count, more);
      const { shards, parameters } = await jobOf(jobId);
      expect(shards).toMatchObject({ total: count });
      expect(parameters).not.toHaveProperty("isCompared");
      for (const lease of await grantAll(jobId)) await complete(lease);
      expect(await jobOf(jobId)).toMatchObject({
        status: "SUCCEEDED",
        shards: { total: count, succeeded: count },
      });
    }
  });
});
