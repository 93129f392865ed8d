import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbeddedPostgres } from "../../control-plane/src/database/embedded-postgres.ts";
import { readPostmaster } from "../../control-plane/src/database/postmaster.ts";
import { runUp, startUp, type RunningUp } from "../harness/control-plane.ts";
import {
  newDataDirectory,
  removeDataDirectory,
} from "../harness/own-postgres.ts";
import { newTestDatabase } from "../harness/postgres.ts";

let dataDirectory: string;
const running: RunningUp[] = [];

beforeEach(async () => {
  dataDirectory = await newDataDirectory();
});

afterEach(async () => {
  for (const up of running.splice(0)) {
    up.kill("SIGKILL");
    await up.ended;
  }
  await removeDataDirectory(dataDirectory);
});

async function startHere(...args: string[]): Promise<RunningUp> {
  const up = await startUp(["--data-dir", dataDirectory, ...args]);
  running.push(up);
  return up;
}

/** For what a loaded machine takes its time for; milliseconds. */
const patience = { timeout: 30_000 };

const readiness = async ({ url }: RunningUp) =>
  (await fetch(`${url}/api/health/ready`)).status;

const postmaster = () =>
  readPostmaster(join(dataDirectory, "postgres", "data"));

test("it serves on loopback, prints one line when ready, and stops with everything within 10 s", async () => {
  const up = await startHere();
  expect(up.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await expect.poll(() => readiness(up), patience).toBe(200);
  const metrics = await (await fetch(`${up.url}/metrics`)).text();
  expect(metrics).toContain('motif_shards{status="PENDING"} 0\n');
  const began = performance.now();
  up.kill("SIGTERM");
  const { status, stdout, stderr } = await up.ended;
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(status).toBe(0);
  expect(stdout.split("\n")).toHaveLength(2);
  expect(await postmaster()).toBeNull();
  for (const line of stderr.trim().split("\n"))
    expect(JSON.parse(line)).toMatchObject({
      replicaId: expect.any(String) as string,
      msg: expect.any(String) as string,
    });
});

test("started again after it was killed, it finds its rows", async () => {
  const first = await startHere();
  await withDatabase((client) =>
    client.query(
      "INSERT INTO event_stream (name, last_seq) VALUES ('kept', 7)",
    ),
  );
  first.kill("SIGKILL");
  await first.ended;
  await startHere();
  const rows = await withDatabase(
    async (client) =>
      (
        await client.query<{ last_seq: string }>(
          "SELECT last_seq FROM event_stream WHERE name = 'kept'",
        )
      ).rows,
  );
  expect(rows).toEqual([{ last_seq: "7" }]);
});

test("two on one data folder share its PostgreSQL; the last one stops it", async () => {
  const [one, other] = await Promise.all([startHere(), startHere()]);
  one.kill("SIGTERM");
  expect((await one.ended).status).toBe(0);
  await expect.poll(() => readiness(other), patience).toBe(200);
  other.kill("SIGTERM");
  expect((await other.ended).status).toBe(0);
  expect(await postmaster()).toBeNull();
});

test("while PostgreSQL is away it is alive but not ready, and ready again by itself", async () => {
  const up = await startHere();
  const server = await postmaster();
  if (server === null) throw new Error("PostgreSQL does not run");
  process.kill(server.pid, "SIGKILL");
  await expect
    .poll(() => readiness(up), { ...patience, interval: 20 })
    .toBe(503);
  expect((await fetch(`${up.url}/api/health/live`)).status).toBe(200);
  await expect.poll(() => readiness(up), patience).toBe(200);
});

test("a database that hangs makes it not ready, and does not keep it from stopping", async () => {
  const folder = await newDataDirectory();
  const postgres = await openEmbeddedPostgres({ dataDirectory: folder });
  const up = await startHere("--database-url", postgres.url);
  const frozen = [postgres.pid(), ...(await connectionsOf(postgres.url))];
  expect(frozen.length).toBeGreaterThan(1);
  frozen.forEach((pid) => process.kill(pid, "SIGSTOP"));
  try {
    expect(await readiness(up)).toBe(503);
    const began = performance.now();
    up.kill("SIGTERM");
    expect((await up.ended).status).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  } finally {
    frozen.forEach((pid) => process.kill(pid, "SIGCONT"));
    await postgres.close();
    await removeDataDirectory(folder);
  }
});

test("a port in use is told, with exit status 1 and nothing left running", async () => {
  const stranger = createServer().listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as AddressInfo;
  try {
    const ended = await runUp([
      ...["--data-dir", dataDirectory, "--port", String(port)],
      ...["--grpc-port", "0", "--log-level", "silent"],
    ]);
    expect(ended).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `motif: Motif cannot listen on 127.0.0.1:${port}: port ${port} is in use by another process. Stop it, or choose another with --port.\n`,
    });
    expect(await postmaster()).toBeNull();
  } finally {
    stranger.close();
  }
});

test("a data folder that cannot be one is told, with exit status 1", async () => {
  const file = join(dataDirectory, "file");
  await writeFile(file, "");
  const ended = await runUp(["--data-dir", file]);
  expect(ended).toMatchObject({ status: 1, stdout: "" });
  expect(ended.stderr).toMatch(
    /^motif: The data folder .*file cannot be written \(.*\)\. Choose another with --data-dir\.\n$/,
  );
});

test("a database that cannot be reached is told, with exit status 1", async () => {
  const ended = await runUp([
    ...["--data-dir", dataDirectory],
    ...["--database-url", "postgresql://motif@127.0.0.1:9/motif"],
  ]);
  expect(ended).toMatchObject({ status: 1, stdout: "" });
  expect(ended.stderr).toMatch(
    /^motif: The database at 127\.0\.0\.1:9 cannot be reached .*ECONNREFUSED.*\n$/,
  );
});

test.each([
  ["--port", "70000", "--port: a port is from 0 (any free one) to 65535."],
  ["--prot", "1", "unknown option '--prot'"],
])("%s %s is wrong use, with exit status 2", async (flag, value, message) => {
  const ended = await runUp([flag, value]);
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain(message);
});

test("beyond loopback it does not start without an admin token that is still good", async () => {
  const database = await newTestDatabase();
  const args = [
    ...["--data-dir", dataDirectory, "--database-url", database.url],
    ...["--host", "0.0.0.0", "--grpc-host", "127.0.0.1"],
  ];
  const addToken = (hash: string, scope: string, days: number) =>
    database.pool.query(
      `INSERT INTO api_token (id, name, hash, scopes, created_by, expires_at)
       VALUES (gen_random_uuid(), $1, $1, ARRAY[$2], 'test', now() + $3 * interval '1 day')`,
      [hash, scope, days],
    );
  try {
    await addToken("expired", "admin", -1);
    await addToken("reader", "read", 1);
    const ended = await runUp([
      ...args,
      "--port",
      "0",
      "--log-level",
      "silent",
    ]);
    expect(ended).toMatchObject({ status: 1, stdout: "" });
    expect(ended.stderr).toContain(
      "motif tokens create --name NAME --scope admin",
    );
    await addToken("good", "admin", 1);
    const up = await startHere(...args);
    expect(up.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  } finally {
    for (const up of running.splice(0)) {
      up.kill("SIGTERM");
      await up.ended;
    }
    await database.close();
  }
});

/** Process ids of PostgreSQL's ends of the control planes' connections. */
async function connectionsOf(url: string): Promise<readonly number[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name ~ '^motif [0-9a-f]{8}$'",
    );
    return rows.map(({ pid }) => pid);
  } finally {
    await client.end();
  }
}

async function withDatabase<T>(
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const folder = join(dataDirectory, "postgres");
  const [port, password] = await Promise.all(
    ["port", "password"].map(async (name) =>
      (await readFile(join(folder, name), "utf8")).trim(),
    ),
  );
  const client = new pg.Client({
    connectionString: `postgresql://motif:${password}@127.0.0.1:${port}/motif`,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
