/**
 * Audits of a collection on a cluster: 40 models with nodes and the control plane killed in between, and while they are compared with each
 * other, leave the very documents and pages of a run in which nothing happened, apart from times; and those of `motif audit --local`.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { writeColumns, writeColumnsModels } from "../fixtures/columns.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

const models = 40;

let cluster: Cluster;
/** Of the models and their data set. */
let collection: string;

interface Job {
  readonly id: string;
  readonly status: string;
  readonly shards: { readonly succeeded: number; readonly dead: number };
}
interface Shard {
  readonly kind: string;
}
interface Audit {
  readonly model: string;
  readonly status: string;
  readonly judged: {
    readonly verdict: string;
    readonly reason: string;
    readonly document: { readonly sha256: string };
  } | null;
}
interface Model {
  readonly id: string;
  readonly name: string;
  readonly audit: {
    readonly verdict: string;
    readonly documentSha256: string;
  } | null;
}

beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  collection = join(cluster.folder, "collection");
  await mkdir(join(collection, "models"), { recursive: true });
  await writeColumns(collection);
  await writeColumnsModels(join(collection, "models"), models);
  await cluster.startNode("first", { slots: 1 });
  await ask("datasets", "add", collection, "--name", "columns");
  await ask(
    ...["models", "add", join(collection, "models")],
    ...["--dataset", "columns", "--tag", "vendor"],
  );
}, 180_000);
afterAll(() => cluster?.close(), 60_000);

/** What a command that must succeed prints with --json. */
async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", cluster.replicas[0].address],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as T;
}

const submit = (...more: string[]) =>
  ask<Job>(
    ...["audit", "--tag", "vendor", "--dataset", "columns", "--no-watch"],
    ...more,
  );

const jobNow = ({ id }: Job) => cluster.request<Job>("GET", `/api/jobs/${id}`);

const ended = (job: Job) =>
  waitFor(
    "the audits to end",
    async () => {
      const now = await jobNow(job);
      return now.status !== "RUNNING" && now;
    },
    { withinMs: 120_000 },
  );

const hasJudged = (job: Job, count: number) =>
  waitFor(
    `${count} verdicts`,
    async () => (await jobNow(job)).shards.succeeded >= count,
    { withinMs: 120_000 },
  );

interface AuditDocument {
  readonly verdict: {
    readonly verdict: string;
    readonly probability: number | null;
  };
}

/** Without times, and what a local audit is known again by. */
async function readDocument(
  folder: string,
  name: string,
): Promise<AuditDocument> {
  const path = join(folder, name, "audit.json");
  const {
    key: _,
    timing: __,
    ...document
  } = JSON.parse(await readFile(path, "utf8")) as AuditDocument &
    Record<"key" | "timing", unknown>;
  return document;
}

const isBeingCompared = (job: Job) =>
  waitFor(
    "the comparison",
    async () =>
      (
        await cluster.request<readonly Shard[]>(
          "GET",
          `/api/jobs/${job.id}/shards`,
        )
      ).find(({ kind }) => kind === "compare-audits"),
    { withinMs: 120_000, everyMs: 20 },
  );

/** Without times: what is left must be the same bytes. */
async function readAudit(folder: string, name: string) {
  const audit = await readFile(join(folder, name, "audit.json"), "utf8");
  const page = await readFile(join(folder, name, "index.html"), "utf8");
  return {
    audit: audit.replace(/"auditMs": [\d.e-]+/, '"auditMs": 0'),
    page: page.replace(/<dt>Time<\/dt>\s*<dd>.*?<\/dd>/s, ""),
  };
}

it("40 models survive a killed node and a killed control plane: the report has the bytes of an undisturbed one", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const calm = await submit();
  expect(await ended(calm)).toMatchObject({
    status: "SUCCEEDED",
    shards: { succeeded: models + 1, dead: 0 },
  });

  const disturbed = await submit();
  await hasJudged(disturbed, 4);
  await cluster.node("first").kill();
  await cluster.startNode("second", { slots: 1 });
  await hasJudged(disturbed, 14);
  await cluster.replicas[0].process.kill();
  await cluster.replicas[0].start();
  // Wherever it strikes: before a node has begun to compare, in the middle, or before the result is acknowledged.
  await isBeingCompared(disturbed);
  await cluster.node("second").kill();
  await cluster.replicas[0].process.kill();
  await cluster.replicas[0].start();
  await cluster.startNode("third", { slots: 1 });
  expect(await ended(disturbed)).toMatchObject({
    status: "SUCCEEDED",
    shards: { succeeded: models + 1, dead: 0 },
  });

  // The first kills took work away.
  const [{ lost }] = await cluster.query<{ lost: number }>(
    `SELECT count(*)::int AS lost FROM lease JOIN shard ON shard.id = lease.shard_id
     WHERE shard.job_id = $1 AND lease.outcome = 'EXPIRED'`,
    [disturbed.id],
  );
  expect(lost).toBeGreaterThan(0);

  const folders = ["calm", "disturbed"].map((name) =>
    join(cluster.folder, name),
  );
  for (const [i, { id }] of [calm, disturbed].entries())
    await ask("export", id, "--out", folders[i]);
  const [before, after] = await Promise.all(
    folders.map((folder) => readFile(join(folder, "audits.json"), "utf8")),
  );
  expect(after).toBe(before);
  const { models: listed } = JSON.parse(before) as {
    readonly models: readonly { readonly folder: string }[];
  };
  expect(listed).toHaveLength(models);
  for (const { folder } of listed) {
    const whole = await readAudit(folders[1], folder);
    expect(whole).toEqual(await readAudit(folders[0], folder));
    expect(JSON.parse(whole.audit)).toMatchObject({
      peers: { count: models - 1, alone: { verdict: "inconclusive" } },
    });
    expect(whole.page).toContain("Judged beside 39 other models");
  }
  expect(await readFile(join(folders[1], "index.html"), "utf8")).toBe(
    await readFile(join(folders[0], "index.html"), "utf8"),
  );
  // The same audit is the same artifact.
  const digests = await Promise.all(
    [calm, disturbed].map(async ({ id }) =>
      (
        await cluster.request<readonly Audit[]>("GET", `/api/jobs/${id}/audits`)
      ).map(({ judged }) => judged!.document.sha256),
    ),
  );
  expect(digests[1]).toEqual(digests[0]);
  expect(new Set(digests[0]).size).toBe(models);
}, 400_000);

it("seven models beside each other have the documents of a local audit, and what is printed is what they say then", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const seven = Array.from({ length: 7 }, (_, i) => `columns-${i}`);
  const out = join(cluster.folder, "seven");
  const {
    status: clusterStatus,
    stdout,
    stderr: told,
  } = await runMotif(
    ...["audit", ...seven, "--dataset", "columns", "--out", out],
    ...["--url", cluster.replicas[0].address],
  );
  expect(clusterStatus, told).toBe(0);
  expect(told).toContain("7 models are compared with each other.");
  const local = join(cluster.folder, "seven-local");
  const { status, stderr } = await runMotif(
    ...["audit", "--local", "--json", "--threads", "1"],
    ...seven.flatMap((name) => [
      ...["--model", join(collection, "models", `${name}.onnx`)],
    ]),
    ...["--backend", "onnxruntime:cpu", "--dataset", collection],
    ...["--dataset-name", "columns", "--out", local],
  );
  expect(status, stderr).toBe(0);
  for (const name of seven) {
    const document = await readDocument(out, name);
    expect(document).toMatchObject({ peers: { count: 6 } });
    expect(document).toEqual(await readDocument(local, name));
    const { verdict, probability } = document.verdict;
    expect(stdout).toMatch(
      new RegExp(`${name} +${verdict} +${probability?.toFixed(3) ?? "–"} `),
    );
  }
}, 120_000);

it("a cluster's documents are those of a local audit, and models, filters and exports show verdicts", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const out = join(cluster.folder, "one");
  const { models: printed } = await ask<{ readonly models: readonly Audit[] }>(
    ...["audit", "columns-7", "--dataset", "columns", "--out", out],
  );
  expect(printed[0]?.judged?.reason).toMatch(/median absolute deviation is 0/);
  const local = join(cluster.folder, "local");
  const { status, stderr } = await runMotif(
    ...["audit", "--local", "--json", "--threads", "1"],
    ...["--model", join(collection, "models", "columns-7.onnx")],
    ...["--backend", "onnxruntime:cpu", "--dataset", collection],
    ...["--dataset-name", "columns", "--out", local],
  );
  expect(status, stderr).toBe(0);
  expect(await readDocument(out, "columns-7")).toEqual(
    await readDocument(local, "columns-7"),
  );

  const model = await cluster.request<Model>("GET", "/api/models/columns-7");
  expect(model.audit).toMatchObject({
    verdict: "inconclusive",
    documentSha256: printed[0]?.judged?.document.sha256,
  });
  const listed = await cluster.request<readonly Model[]>(
    "GET",
    "/api/models?verdict=backdoor%20suspected,not%20audited",
  );
  expect(listed).toEqual([]);
  const exported = join(cluster.folder, "models.json");
  await ask("models", "export", "--format", "json", "--out", exported);
  const table = JSON.parse(await readFile(exported, "utf8")) as {
    readonly models: readonly { readonly verdict: string | null }[];
  };
  expect(table.models.map(({ verdict }) => verdict)).toEqual(
    Array<string>(models).fill("inconclusive"),
  );
}, 120_000);

it("says what is wrong before anything is submitted", async () => {
  const url = ["--url", cluster.replicas[0].address];
  const nothing = await runMotif("audit", "--dataset", "columns", ...url);
  expect(nothing.stderr).toMatch(/no model is named.*--tag/);
  expect(nothing.status).toBe(2);
  const both = await runMotif(
    ...["audit", "columns-1", "--tag", "vendor", "--dataset", "columns"],
    ...url,
  );
  expect(both.stderr).toMatch(/do one of the two/);
  const unknown = await runMotif(
    ...["audit", "--tag", "nobody", "--dataset", "columns", ...url],
  );
  expect(unknown.stderr).toMatch(/No model has the tag nobody/);
  expect(unknown.status).toBe(1);
});
