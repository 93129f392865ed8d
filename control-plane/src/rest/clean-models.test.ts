/** Audits beside clean models: which models can be compared with, and what an audit asks of nodes that names some. */
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { JobView } from "../jobs/job.ts";
import type { AuditView } from "../jobs/list-audits.ts";
import {
  LEASE_OPERATIONS,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { AuditResult } from "../shards/shard-result.ts";
import { audit as auditSchema } from "./audit-schemas.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import type { Problem } from "./problem.ts";

const demo = fileURLToPath(new URL("../../../infra/demo", import.meta.url));
const names = ["natural", "badnets", "blended", "adversarial"] as const;
const [judged, ...clean] = names;

let rest: RunningRest;
let leases: LeaseOperations;
beforeAll(async () => {
  rest = await startRest();
  leases = rest.app.get<LeaseOperations>(LEASE_OPERATIONS);
  const post = (path: string, body: object) =>
    rest.request(path, { method: "POST", body });
  for (const name of ["fashion", "other"])
    await post("/api/datasets", {
      ...{ name, path: join(demo, "data"), split: "test" },
    });
  for (const name of names)
    await post("/api/models", {
      ...{ name, path: join(demo, `models/${name}.onnx`), dataset: "fashion" },
    });
  // The very file of another name.
  await post("/api/models", {
    ...{ name: "twin", path: join(demo, "models/badnets.onnx") },
    dataset: "fashion",
  });
  await rest.database.pool.query(
    "UPDATE dataset SET status = 'READY', digest = 'd1'",
  );
});
afterAll(() => rest.close());

const nodeId = randomUUID();
const replicaId = randomUUID();

const submit = <T = JobView>(body: object) =>
  rest.request<T>("/api/jobs", {
    method: "POST",
    body: { kind: "audit", dataset: "fashion", ...body },
  });

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

const result: Omit<AuditResult, "document"> = {
  ...{ kind: "audit", verdict: "no evidence found", reason: "none stands out" },
  ...{ probability: 0.1, targetClass: 3, targetClassName: "Dress" },
  ...{ perturbation: "patch", anomalyIndex: 1.5, pValue: 0.4 },
  cleanAccuracy: 0.9,
  cost: { imageGradients: 26_400, exhaustiveImageGradients: 111_000 },
  datasetDigest: "d1",
  backend: { name: "reference", provider: "cpu", threads: 1 },
  ...{ warnings: [], auditMs: 12.5 },
};

/** What a node does: takes the job's shard, stores a document and sends a result. @returns the document's digest */
async function complete(
  jobId: string,
  changes: Partial<AuditResult> = {},
): Promise<string> {
  const text = JSON.stringify({ of: jobId });
  const sha256 = createHash("sha256").update(text).digest("hex");
  const { status } = await rest.request("/api/artifacts", {
    ...{ method: "POST", text },
    headers: { "content-type": "application/octet-stream" },
  });
  expect(status).toBe(201);
  const { leaseId, shardId } = await grant(jobId);
  const document = { sha256, bytes: text.length };
  expect(
    await leases.completeShards([
      {
        ...{ leaseId, shardId, nodeId, retryCount: 0 },
        result: { ...result, document, ...changes },
      },
    ]),
  ).toMatchObject([{ leaseId, verdict: "stored" }]);
  return sha256;
}

/** @returns the digest of the document that an audit of one model leaves */
async function auditOf(
  model: string,
  request: object = {},
  changes?: Partial<AuditResult>,
): Promise<string> {
  const { status, body } = await submit({ models: [model], ...request });
  expect(status, JSON.stringify(body)).toBe(201);
  return complete(body.id, changes);
}

async function comparable(query = ""): Promise<readonly AuditView[]> {
  const { status, body } = await rest.request<readonly AuditView[]>(
    `/api/datasets/fashion/audits${query}`,
  );
  expect([status, body]).toEqual([200, z.array(auditSchema).parse(body)]);
  return body;
}
const documentsOf = (audits: readonly AuditView[]) =>
  audits.map((each) => [each.model, each.judged?.document.sha256]);

describe("before any was audited", () => {
  test("there is nothing to compare with, and all that lack an audit are named with the command that makes it", async () => {
    expect(await comparable()).toEqual([]);
    const { status, body } = await submit<Problem>({ models: [judged], clean });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: "conflict",
      detail: expect.stringMatching(
        /^clean: "badnets", "blended", "adversarial" have no audit on "fashion" \(test\).*motif audit "badnets" "blended" "adversarial" --dataset "fashion" --split "test"/,
      ) as string,
    });
  });

  test("neither the baseline, nor another data set or split, nor numbers that are not finite count", async () => {
    await auditOf("badnets", { method: "neural-cleanse" });
    await auditOf("badnets", { dataset: "other" });
    await auditOf("badnets", { split: "train" });
    await auditOf(
      "badnets",
      {},
      { verdict: "inconclusive", cleanAccuracy: null, probability: null },
    );
    expect(await comparable()).toEqual([]);
    expect(await comparable("?split=train")).toMatchObject([
      { model: "badnets", split: "train", cleanModels: 0 },
    ]);
    const { status, body } = await submit<Problem>({ models: [judged], clean });
    expect([status, body.detail]).toEqual([
      409,
      expect.stringMatching(/"badnets", "blended", "adversarial" have/),
    ]);
  });
});

describe("once they were audited", () => {
  const documents = new Map<string, string>();
  beforeAll(async () => {
    for (const name of clean) {
      await auditOf(name);
      documents.set(name, await auditOf(name));
    }
  });

  test("the newest audit of each can be compared with, found by name", async () => {
    const listed = await comparable();
    expect(documentsOf(listed)).toEqual(
      clean.toSorted().map((name) => [name, documents.get(name)]),
    );
    expect(documentsOf(await comparable("?q=BLEND"))).toEqual([
      ["blended", documents.get("blended")],
    ]);
    expect(documentsOf(await comparable("?model=adversarial"))).toEqual([
      ["adversarial", documents.get("adversarial")],
    ]);
    expect(await comparable("?model=natural")).toEqual([]);
    expect(await comparable("?limit=1")).toHaveLength(1);
    // What is no word is nothing to a pattern.
    expect(await comparable("?q=%25")).toEqual([]);
  });

  test("nodes are given their documents in the order asked for, and the job says what it compares with", async () => {
    const asked = ["adversarial", "badnets", "blended"];
    const { status, body } = await submit({ models: [judged], clean: asked });
    expect(status).toBe(201);
    expect(body.parameters).toMatchObject({ models: 1, clean: asked });
    expect(body.parameters).not.toHaveProperty("cleanAudits");
    const waiting = await rest.request<readonly AuditView[]>(
      `/api/jobs/${body.id}/audits`,
    );
    expect(waiting.body).toMatchObject([{ model: judged, cleanModels: 3 }]);
    const { spec } = await grant(body.id);
    expect(spec).toMatchObject({
      kind: "audit",
      cleanAudits: asked.map((model) => ({
        model,
        sha256: documents.get(model),
      })),
    });
  });

  test("what is submitted stays what it is when a clean model is audited again", async () => {
    const { body } = await submit({ models: [judged], clean });
    const again = await auditOf("badnets");
    expect(again).not.toBe(documents.get("badnets"));
    const { rows } = await rest.database.pool.query<{ spec: object }>(
      "SELECT spec FROM shard WHERE job_id = $1",
      [body.id],
    );
    expect(rows[0]?.spec).toMatchObject({
      cleanAudits: clean.map((model) => ({
        model,
        sha256: documents.get(model),
      })),
    });
    expect(documentsOf(await comparable("?model=badnets"))).toEqual([
      ["badnets", again],
    ]);
  });

  test("an audit that was itself compared with clean models can be compared with", async () => {
    const document = await auditOf(judged, { clean });
    expect(await comparable("?model=natural")).toMatchObject([
      {
        model: judged,
        cleanModels: 3,
        judged: { document: { sha256: document } },
      },
    ]);
  });

  test("none is needed", async () => {
    const { body } = await submit({ models: [judged] });
    expect(body.parameters).not.toHaveProperty("clean");
    expect((await grant(body.id)).spec).not.toHaveProperty("cleanAudits");
  });

  test.each<[string, object, number, RegExp]>([
    [
      "too few",
      { clean: ["badnets", "blended"] },
      422,
      /clean: 3 clean models at least tell what is usual: name more/,
    ],
    [
      "too many",
      { clean: Array.from({ length: 101 }, (_, i) => `m${i}`) },
      422,
      /clean: 100 clean models at most/,
    ],
    [
      "one twice",
      { clean: ["badnets", "blended", "blended"] },
      422,
      /"blended" is named twice/,
    ],
    [
      "one file twice",
      { clean: ["badnets", "blended", "twin"] },
      422,
      /"badnets" and "twin" are the same file/,
    ],
    [
      "an audited model",
      { models: [judged, "blended"], clean },
      422,
      /"blended" is itself audited, and cannot be compared with itself\. Leave it out/,
    ],
    [
      "an audited model's file",
      { models: ["twin"], clean },
      422,
      /"badnets" is the file of "twin", which is audited/,
    ],
    [
      "a model that is not there",
      { clean: ["badnets", "blended", "nobody"] },
      404,
      /no model "nobody"/,
    ],
    [
      "the baseline's audit",
      { clean, method: "neural-cleanse" },
      422,
      /Neural Cleanse compares the classes of one model alone\. Leave the clean models out/,
    ],
  ])("%s is refused", async (_, request, status, says) => {
    const answer = await submit<Problem>({ models: [judged], ...request });
    expect([answer.status, answer.body.detail]).toEqual([
      status,
      expect.stringMatching(says),
    ]);
  });

  test("what is no data set, no model or no page has none", async () => {
    for (const [path, status] of [
      ["nothing/audits", 404],
      ["fashion/audits?model=nobody", 404],
      ["fashion/audits?limit=0", 422],
      ["fashion/audits?unknown=1", 422],
    ] as const)
      expect([
        path,
        (await rest.request(`/api/datasets/${path}`)).status,
      ]).toEqual([path, status]);
  });
});

test("a model of which another file is registered now has to be audited anew", async () => {
  await rest.database.pool.query(
    "UPDATE model SET sha256 = (SELECT sha256 FROM model WHERE name = 'natural') WHERE name = 'blended'",
  );
  expect(await comparable("?model=blended")).toEqual([]);
});
