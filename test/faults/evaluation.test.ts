/**
 * Evaluations on a cluster: their numbers are those of `motif evaluate --local`, whether a node was killed, the job paused or nothing
 * happened, and models and jobs show them.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));

let cluster: Cluster;

interface Job {
  readonly id: string;
  readonly status: string;
  readonly done: number;
}
interface Evaluation {
  readonly model: string;
  readonly split: string | null;
  readonly measured: Readonly<Record<string, unknown>> | null;
}

beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  await cluster.startNode("first", { slots: 1 });
  await ask(
    ...["datasets", "add", join(demo, "data")],
    ...["--name", "fashion", "--split", "test"],
  );
  for (const name of ["natural", "badnets"])
    await ask(
      ...["models", "add", join(demo, `models/${name}.onnx`)],
      ...["--dataset", "fashion"],
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

/** What is measured on this machine, without times and what only one of the two knows. */
async function locally(model: string, ...more: string[]) {
  const { status, stdout, stderr } = await runMotif(
    ...["evaluate", "--local", "--model", join(demo, `models/${model}.onnx`)],
    ...["--dataset", join(demo, "data"), "--split", "test", "--json"],
    ...["--threads", "1", "--backend", "onnxruntime:cpu", ...more],
  );
  expect(status, stderr).toBe(0);
  const { dataset, ...outcome } = JSON.parse(stdout) as Record<
    string,
    unknown
  > & {
    readonly dataset: { readonly digest: string; readonly images: number };
  };
  const { schemaVersion: _, model: __, wallMs: ___, ...measured } = outcome;
  const { digest: datasetDigest, images } = dataset;
  return { ...measured, datasetDigest, images };
}

function numbersOf({ measured }: Evaluation) {
  const { warnings, evaluateMs, ...numbers } = measured!;
  expect(warnings).toEqual([]);
  expect(evaluateMs).toBeGreaterThan(0);
  return numbers;
}

/** Steps of PGD for so many images, one a run, that take about so long on this machine; 150 at least. */
async function stepsThatTake(ms: number, images: number): Promise<number> {
  const tried = { images: 40, steps: 50 };
  const { status, stdout, stderr } = await runMotif(
    ...["evaluate", "--local", "--model", join(demo, "models/natural.onnx")],
    ...["--dataset", join(demo, "data"), "--split", "test", "--json"],
    ...["--threads", "1", "--backend", "onnxruntime:cpu"],
    ...["--images", String(tried.images), "--steps", String(tried.steps)],
    ...["--batch-size", "1", "--epsilon", "0.01"],
  );
  expect(status, stderr).toBe(0);
  const { wallMs } = JSON.parse(stdout) as { readonly wallMs: number };
  const msPerStep = wallMs / (tried.images * tried.steps);
  return Math.max(150, Math.round(ms / (images * msPerStep)));
}

const ensemble = [
  ...["--attack", "ensemble", "--images", "48", "--epsilon", "0.04"],
  ...["--apgd-steps", "10", "--apgd-targets", "2", "--square-queries", "30"],
  ...["--seed", "4"],
];

it("many models are one job, and each has the numbers that one machine gives", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const out = join(cluster.folder, "evaluations.json");
  const printed = await ask<Evaluation[]>(
    ...["evaluate", "fashion-natural", "fashion-badnets"],
    ...["--dataset", "fashion", "--out", out, ...ensemble],
  );
  expect(printed.map(({ model }) => model)).toEqual([
    "fashion-natural",
    "fashion-badnets",
  ]);
  const [natural, badnets] = printed;
  expect(numbersOf(natural)).toEqual(await locally("natural", ...ensemble));
  expect(numbersOf(badnets)).toEqual(await locally("badnets", ...ensemble));
  expect(JSON.parse(await readFile(out, "utf8"))).toEqual(printed);
  const [known] = await cluster.request<Evaluation[]>(
    "GET",
    "/api/models/fashion-badnets/evaluations",
  );
  const { clean, robustness, ...others } = numbersOf(badnets);
  const { classes: _, ...briefClean } = clean as Record<string, unknown>;
  const { classes: __, ...briefRobust } = robustness as Record<string, unknown>;
  expect(numbersOf(known)).toEqual({
    ...others,
    ...{ clean: briefClean, robustness: briefRobust },
  });
}, 240_000);

it("people see a table, and what failed beside what was measured", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const { status, stdout, stderr } = await runMotif(
    ...["evaluate", "fashion-badnets", "--dataset", "fashion"],
    ...["--images", "40", "--steps", "3", "--url"],
    cluster.replicas[0].address,
  );
  expect(stderr).toMatch(
    /fashion-badnets: clean accuracy .*, attack success rate .*, robust accuracy /,
  );
  expect(stdout).toMatch(/^model +clean +95% /);
  expect(stdout).toMatch(/^fashion-badnets +\d+\.\d+% .* PGD-3$/m);
  expect(status).toBe(0);

  const refused = await runMotif(
    ...["evaluate", "fashion-natural", "--dataset", "fashion"],
    ...["--split", "val", "--url", cluster.replicas[0].address],
  );
  expect(refused.stderr).toMatch(
    /1 of 1 shards could not be done .*no split "val"/,
  );
  expect(refused.status).toBe(1);

  const stray = await runMotif(
    ...["evaluate", "fashion-natural", "--dataset", "fashion"],
    ...["--attack", "none", "--steps", "3"],
  );
  expect(stray.stderr).toMatch(/--steps has no meaning with --attack none/);
  expect(stray.status).toBe(2);
}, 120_000);

it("a pause and a killed node cost nothing but time", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  // With one image a run a piece of an attack is sixteen of them. Progress is told every few seconds: it has to take longer than that.
  const long = ["--images", "200", "--batch-size", "1"];
  long.push("--steps", String(await stepsThatTake(20_000, 200)));
  const job = await ask<Job>(
    ...["evaluate", "fashion-natural", "--dataset", "fashion", "--no-watch"],
    ...[...long, "--epsilon", "0.01"],
  );
  const jobNow = () => cluster.request<Job>("GET", `/api/jobs/${job.id}`);
  const comesTo = (share: number) =>
    waitFor(
      `the evaluation to be at ${share}`,
      async () => (await jobNow()).done >= share,
      { withinMs: 120_000 },
    );
  await comesTo(0.15);
  await cluster.request("POST", `/api/jobs/${job.id}/pause`);
  await waitFor(
    "what is done to be handed over",
    async () => {
      const [shard] = await cluster.query<{ checkpoint: string | null }>(
        `SELECT checkpoint_sha256 AS checkpoint FROM shard WHERE job_id = $1 AND status = 'PENDING'`,
        [job.id],
      );
      return shard?.checkpoint != null;
    },
    { withinMs: 60_000 },
  );
  await cluster.request("POST", `/api/jobs/${job.id}/resume`);
  await comesTo(0.4);
  await cluster.node("first").kill();
  await cluster.startNode("second", { slots: 1 });
  await waitFor(
    "the evaluation to end",
    async () => (await jobNow()).status !== "RUNNING",
    { withinMs: 240_000 },
  );
  expect((await jobNow()).status).toBe("SUCCEEDED");
  const evaluation = await cluster.request<Evaluation>(
    "GET",
    `/api/jobs/${job.id}/evaluations/0`,
  );
  expect(numbersOf(evaluation)).toEqual(
    await locally("natural", ...long, "--epsilon", "0.01"),
  );
}, 400_000);
