/** Bytes that are not what they should be, and disks without room: refused with what is wrong, and nothing else suffers. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  afterAll,
  beforeAll,
  beforeEach,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { writeColumns } from "../fixtures/columns.ts";
import { canMountTmpfs } from "../harness/tmpfs.ts";
import { Cluster } from "../harness/cluster.ts";
import { send } from "../harness/rest.ts";
import { waitFor } from "../harness/wait-for.ts";

let cluster: Cluster;
let columns: string;
beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  columns = join(cluster.folder, "columns");
  await mkdir(columns);
  await writeColumns(columns);
  await cluster.startNode("node-0", { slots: 1 });
  await cluster.request("POST", "/api/datasets", {
    name: "columns",
    path: columns,
  });
}, 120_000);
beforeEach(() => onTestFailed(() => console.error(cluster.logs())));
afterAll(() => cluster?.close(), 60_000);

const digestOf = (bytes: Uint8Array) =>
  createHash("sha256").update(bytes).digest("hex");
const post = (path: string, body: unknown, headers = {}) =>
  send<Record<string, unknown>>(
    cluster.replicas[0].address,
    "POST",
    path,
    body,
    headers,
  );
const checkOf = (model: string) =>
  waitFor(
    `${model} to be checked`,
    async () => {
      const { checks } = await cluster.request<{
        checks: { status: string; problem: string | null }[];
      }>("GET", `/api/models/${model}`);
      return checks[0]?.status !== "CHECKING" && checks[0];
    },
    { withinMs: 90_000 },
  );

it("an artifact whose digest is wrong is refused, and nothing of it stays", async () => {
  const bytes = randomBytes(300_000);
  const other = digestOf(randomBytes(10));
  const refused = await post("/api/artifacts", bytes, { "x-sha256": other });
  expect(refused.status).toBe(422);
  expect(refused.headers.get("content-type")).toContain("problem+json");
  expect(String(refused.body.detail)).toContain(other.slice(0, 8));
  const { address } = cluster.replicas[0];
  for (const sha256 of [other, digestOf(bytes)])
    expect(
      (await send(address, "GET", `/api/artifacts/${sha256}`)).status,
    ).toBe(404);
});

it("a model that vanished from disk fails the search that waits for it by its name, and further ones are refused with the path", async () => {
  const path = join(columns, "columns.onnx");
  await cluster.request("POST", "/api/models", { path, dataset: "columns" });
  expect(await checkOf("columns")).toMatchObject({ status: "READY" });
  // A node that has the bytes needs no file: the one that comes later has never seen them.
  await cluster.node("node-0").stop();
  const search = {
    ...{ kind: "search", model: "columns", dataset: "columns", classes: "0" },
    ...{ canvases: 1, steps: 10 },
  };
  const job = await cluster.request<{ id: string }>(
    "POST",
    "/api/jobs",
    search,
  );
  await rm(path);
  await cluster.startNode("node-1", { slots: 1 });
  const problem = await waitFor(
    "the search to say what is wrong",
    async () => {
      const [shard] = await cluster.query<{ problem: string | null }>(
        `SELECT problem FROM shard WHERE job_id = $1`,
        [job.id],
      );
      return shard.problem;
    },
    { withinMs: 60_000 },
  );
  expect(problem).toMatch(/model "columns": .*Register the file again/);
  expect(problem).not.toMatch(/ at .*\.ts:/);
  const refused = await post("/api/jobs", search);
  expect(refused.status).toBe(409);
  expect(String(refused.body.detail)).toContain(path);

  const other = await cluster.request<{ id: string }>("POST", "/api/jobs", {
    ...{ kind: "noop", shards: 3, waitMs: 0 },
  });
  await waitFor(
    "other work",
    async () =>
      (
        await cluster.request<{ status: string }>(
          "GET",
          `/api/jobs/${other.id}`,
        )
      ).status === "SUCCEEDED",
    { withinMs: 30_000 },
  );
  const failed = await cluster.request<{ status: string }>(
    "GET",
    `/api/jobs/${job.id}`,
  );
  expect(failed.status).toBe("FAILED");
});

it.skipIf(!canMountTmpfs())(
  "a full disk of the server refuses uploads, keeps what it has, and takes them once there is room (needs root and mount; skipped elsewhere)",
  async () => {
    const disk = join(cluster.folder, "small-disk");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
    try {
      const [replica] = cluster.replicas;
      await replica.process.stop();
      await replica.start({ args: ["--data-dir", disk] });
      const small = randomBytes(100_000);
      expect((await post("/api/artifacts", small)).status).toBe(201);
      const large = randomBytes(3_000_000);
      const refused = await post("/api/artifacts", large);
      expect(refused.status).toBe(507);
      expect(String(refused.body.detail)).toMatch(/room|space/i);
      const kept = await send<string>(
        replica.address,
        "GET",
        `/api/artifacts/${digestOf(small)}`,
      );
      expect(kept.status).toBe(200);
      execFileSync("mount", ["-o", "remount,size=20m", disk]);
      expect((await post("/api/artifacts", large)).status).toBe(201);
      // What was broken off is not left to fill the disk.
      const files = await readdir(disk, { recursive: true });
      const bytes = execFileSync("du", ["-sb", disk]).toString();
      expect(files.length).toBeGreaterThan(1);
      expect(Number.parseInt(bytes)).toBeLessThan(3_300_000);
    } finally {
      await cluster.replicas[0].process.kill();
      execFileSync("umount", [disk]);
    }
  },
);
