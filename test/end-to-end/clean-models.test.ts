/**
 * `motif audit --clean` on a cluster, as a person runs it: clean models that lack an audit are audited first, and the documents are those of
 * `motif audit --local --clean`.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { parseAudit } from "../../gpu-node/src/report/parse-audit.ts";
import { writeColumns, writeColumnsModels } from "../fixtures/columns.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif, startMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));
const clean = ["natural", "blended", "adversarial"] as const;
const namedClean = clean.map((name) => `fashion-${name}`);

let cluster: Cluster;
let collection: string;

interface Job {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly parameters: {
    readonly models: number;
    readonly clean?: readonly string[];
  };
}

beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  collection = join(cluster.folder, "collection");
  await mkdir(join(collection, "models"), { recursive: true });
  await writeColumns(collection);
  await writeColumnsModels(join(collection, "models"), 4);
  await cluster.startNode("node", { slots: 1 });
  await ask(
    ...["datasets", "add", join(demo, "data")],
    ...["--name", "fashion", "--split", "test"],
  );
  for (const name of ["badnets", ...clean])
    await ask(
      ...["models", "add", join(demo, `models/${name}.onnx`)],
      ...["--dataset", "fashion"],
    );
  await ask("datasets", "add", collection, "--name", "columns");
  await ask(
    ...["models", "add", join(collection, "models")],
    ...["--dataset", "columns", "--tag", "vendor"],
  );
}, 180_000);
afterAll(() => cluster?.close(), 60_000);

const url = () => ["--url", cluster.replicas[0].address];

/** What a command that must succeed prints with --json. */
async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", ...url()],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as T;
}

/** Oldest first. */
const listAuditJobs = async (): Promise<readonly Job[]> =>
  (
    await cluster.request<readonly Job[]>("GET", "/api/jobs?kind=audit")
  ).toReversed();

it("audits the clean models first, compares with them, and says what --local says, in one command", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const out = join(cluster.folder, "audits");
  const command = [
    ...["audit", "fashion-badnets", "--clean", ...namedClean],
    ...["--dataset", "fashion"],
  ];
  const first = await runMotif(...command, "--out", out, ...url());
  expect(first.status, first.stderr).toBe(0);
  expect(first.stderr).toContain(
    `${namedClean.join(", ")}: clean, and without an audit on fashion to compare with. They are audited first.`,
  );
  expect(first.stdout).toMatch(/fashion-badnets +backdoor suspected/);
  const jobs = await listAuditJobs();
  expect(jobs).toMatchObject([
    { status: "SUCCEEDED", parameters: { models: 3 } },
    { status: "SUCCEEDED", parameters: { models: 1, clean: namedClean } },
  ]);
  const shown = await runMotif("jobs", jobs[1].id, ...url());
  expect(shown.stdout).toContain(JSON.stringify(namedClean));

  const local = join(cluster.folder, "local");
  const beside = await runMotif(
    ...["audit", "--local", "--threads", "1", "--backend", "onnxruntime:cpu"],
    ...["--model", join(demo, "models/badnets.onnx"), "--clean"],
    ...clean.map((name) => join(demo, `models/${name}.onnx`)),
    ...["--dataset", join(demo, "data"), "--dataset-name", "fashion"],
    ...["--out", local],
  );
  expect(beside.status, beside.stderr).toBe(0);
  const [onCluster, here] = await Promise.all(
    [join(out, "fashion-badnets"), join(local, "badnets")].map(
      async (folder) => {
        const path = join(folder, "audit.json");
        const { timing: _, ...document } = parseAudit(
          await readFile(path, "utf8"),
          path,
        );
        return document;
      },
    ),
  );
  expect(onCluster).toEqual(here);
  expect(onCluster?.verdict).toMatchObject({
    verdict: "backdoor suspected",
    targetClass: 7,
    probability: expect.any(Number) as number,
    rule: {
      source: expect.stringContaining(
        "compared with what they need in 3 models that were named as clean",
      ) as string,
    },
  });
  const page = await readFile(join(out, "fashion-badnets/index.html"), "utf8");
  expect(page).toContain("3 models that were named as clean");

  // They have one now; in another order they are the same models, and leave the same document.
  const { id } = await ask<Job>(
    ...["audit", "fashion-badnets", "--dataset", "fashion", "--no-watch"],
    ...["--clean", ...namedClean.toReversed()],
  );
  await waitFor(
    "the second audit",
    async () => (await listAuditJobs()).at(-1)?.status === "SUCCEEDED",
    { withinMs: 60_000 },
  );
  expect((await listAuditJobs()).map((job) => job.id)).toEqual([
    ...jobs.map((job) => job.id),
    id,
  ]);
  const documents = await cluster.query<{ sha256: string }>(
    `SELECT document_sha256 AS sha256 FROM model_audit WHERE job_id = ANY($1)`,
    [[jobs[1].id, id]],
  );
  expect(documents).toHaveLength(2);
  expect(documents[1]).toEqual(documents[0]);
}, 400_000);

it("leaves the audits of clean models running when it is stopped, and goes on from them", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  await cluster.node("node").kill();
  const before = (await listAuditJobs()).length;
  const command = [
    ...["audit", "columns-0", "--dataset", "columns", "--clean"],
    ...["columns-1", "columns-2", "columns-3"],
  ];
  const running = startMotif(...command, ...url());
  await running.waitFor(/Job [0-9a-f]+: Audit of 3 models on columns\./);
  running.signal("SIGINT");
  const { status, stderr } = await running.finished;
  expect(status, stderr).toBe(130);
  expect(stderr).toMatch(
    /Stopped watching; the job goes on\..*What was asked for is not submitted yet: the same command does that/,
  );
  const [left, ...others] = (await listAuditJobs()).slice(before);
  expect([left?.status, others]).toEqual(["RUNNING", []]);

  await cluster.startNode("second", { slots: 1 });
  await ask("jobs", left.id, "--watch");
  const { models } = await ask<{ models: readonly { model: string }[] }>(
    ...command,
  );
  expect(models.map(({ model }) => model)).toEqual(["columns-0"]);
  const [, next, ...further] = (await listAuditJobs()).slice(before);
  expect(next?.parameters.clean).toEqual([
    ...["columns-1", "columns-2", "columns-3"],
  ]);
  expect(further).toEqual([]);
}, 120_000);

it("says what is wrong before anything is audited", async () => {
  const before = (await listAuditJobs()).length;
  const refused = async (...args: string[]) => {
    const { status, stderr } = await runMotif(
      ...["audit", "--dataset", "columns", ...args, ...url()],
    );
    expect(status).not.toBe(0);
    return stderr;
  };
  const cleanNames = ["columns-1", "columns-2", "columns-3"];
  expect(await refused("columns-0", "--clean", "columns-1")).toMatch(
    /3 clean models at least tell what is usual/,
  );
  expect(await refused("--tag", "vendor", "--clean", ...cleanNames)).toMatch(
    /"columns-1" is itself audited/,
  );
  expect(
    await refused(
      ...["columns-0", "--method", "neural-cleanse"],
      ...["--clean", ...cleanNames],
    ),
  ).toMatch(/Neural Cleanse compares the classes of one model alone/);
  expect(
    await refused(
      ...["columns-0", "--clean", "columns-1", "columns-2", "nobody"],
    ),
  ).toMatch(/There is no model "nobody"/);
  expect((await listAuditJobs()).length).toBe(before);
});
