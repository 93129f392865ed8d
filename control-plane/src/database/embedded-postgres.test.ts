import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  newDataDirectory,
  removeDataDirectory,
} from "../../../test/harness/own-postgres.ts";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "./embedded-postgres.ts";
import { isProcessAlive } from "./postmaster.ts";

let dataDirectory: string;
const opened: EmbeddedPostgres[] = [];
const clients: pg.Client[] = [];

beforeEach(async () => {
  dataDirectory = await newDataDirectory();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  for (const postgres of opened.splice(0)) await postgres.close();
  await removeDataDirectory(dataDirectory);
});

async function openHere(
  onTrouble?: (message: string) => void,
): Promise<EmbeddedPostgres> {
  const postgres = await openEmbeddedPostgres({
    dataDirectory,
    ...(onTrouble && { onTrouble }),
  });
  opened.push(postgres);
  return postgres;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  clients.push(client);
  return client;
}

async function setting(client: pg.Client, name: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(`SHOW ${name}`);
  return rows[0]?.[name];
}

test("a new server is durable, on loopback only, and asks for its secret password", async () => {
  const { url, port } = await openHere();
  const client = await connect(url);
  expect(await setting(client, "fsync")).toBe("on");
  expect(await setting(client, "synchronous_commit")).toBe("on");
  expect(await setting(client, "listen_addresses")).toBe("127.0.0.1");
  expect(await setting(client, "unix_socket_directories")).toBe("");
  const { password } = new URL(url);
  expect(password.length).toBeGreaterThanOrEqual(32);
  const file = join(dataDirectory, "postgres", "password");
  expect((await readFile(file, "utf8")).trim()).toBe(password);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(
    connect(`postgresql://motif:password@127.0.0.1:${port}/motif`),
  ).rejects.toThrow("password authentication failed");
});

test("it keeps rows, port and password from one start to the next", async () => {
  const first = await openHere();
  const client = await connect(first.url);
  await client.query("CREATE TABLE kept AS SELECT 42 AS n");
  await client.end();
  expect(await first.close()).toBe(true);
  // The process is gone from the table a moment after it has ended.
  await expect.poll(() => isProcessAlive(first.pid())).toBe(false);
  const second = await openHere();
  expect(second.url).toBe(first.url);
  const again = await connect(second.url);
  expect((await again.query("SELECT n FROM kept")).rows).toEqual([{ n: 42 }]);
});

test("of two that start at once on an empty folder both get the same server", async () => {
  const [one, other] = await Promise.all([openHere(), openHere()]);
  expect(other.url).toBe(one.url);
  expect(other.pid()).toBe(one.pid());
});

test("a running server is adopted, and stopped only when nobody else is connected", async () => {
  const first = await openHere();
  const second = await openHere();
  expect(second.pid()).toBe(first.pid());
  const client = await connect(second.url);
  expect(await first.close()).toBe(false);
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.end();
  expect(await second.close()).toBe(true);
  // The process is gone from the table a moment after it has ended.
  await expect.poll(() => isProcessAlive(first.pid())).toBe(false);
});

test("a killed server is started again on its port, with all that was committed", async () => {
  const troubles: string[] = [];
  const postgres = await openHere((message) => troubles.push(message));
  const client = await connect(postgres.url);
  await client.query("CREATE TABLE kept AS SELECT 42 AS n");
  const before = postgres.pid();
  process.kill(before, "SIGKILL");
  await expect.poll(() => postgres.pid(), { timeout: 30_000 }).not.toBe(before);
  const again = await connect(postgres.url);
  expect((await again.query("SELECT n FROM kept")).rows).toEqual([{ n: 42 }]);
  expect(troubles).toEqual([
    `PostgreSQL (process ${before}) was gone; it runs again as process ${postgres.pid()}.`,
  ]);
});

test("a server outlives the process that started it, and the next one goes on with it", async () => {
  const { starter, url } = await startElsewhere();
  const client = await connect(url);
  await client.query("CREATE TABLE kept AS SELECT 42 AS n");
  await client.end();
  starter.kill("SIGKILL");
  await once(starter, "exit");
  const adopted = await openHere();
  expect(adopted.url).toBe(url);
  const again = await connect(url);
  expect((await again.query("SELECT n FROM kept")).rows).toEqual([{ n: 42 }]);
});

test("a server that was killed together with the process that started it starts again at the next open", async () => {
  const { starter, url, pid } = await startElsewhere();
  const client = await connect(url);
  await client.query("CREATE TABLE kept AS SELECT 42 AS n");
  starter.kill("SIGKILL");
  process.kill(pid, "SIGKILL");
  await once(starter, "exit");
  const next = await openHere();
  expect(next.pid()).not.toBe(pid);
  const again = await connect(next.url);
  expect((await again.query("SELECT n FROM kept")).rows).toEqual([{ n: 42 }]);
});

test("a pid file whose number another process has by now does not keep the server from starting", async () => {
  const first = await openHere();
  const pidFile = join(dataDirectory, "postgres", "data", "postmaster.pid");
  const contents = await readFile(pidFile, "utf8");
  await first.close();
  const other = spawn("sleep", ["60"]);
  await once(other, "spawn");
  try {
    await writeFile(pidFile, contents.replace(/^\d+/, String(other.pid)));
    const second = await openHere();
    expect(second.pid()).not.toBe(other.pid);
    expect(isProcessAlive(other.pid ?? 0)).toBe(true);
    await connect(second.url);
  } finally {
    other.kill();
  }
});

test("another port is taken when a stranger has the remembered one", async () => {
  const first = await openHere();
  await first.close();
  const stranger = await listenOn(first.port);
  try {
    const second = await openHere();
    expect(second.port).not.toBe(first.port);
    await connect(second.url);
  } finally {
    stranger.close();
  }
});

test("a server that cannot start is told with what its log says", async () => {
  await (await openHere()).close();
  await writeFile(
    join(dataDirectory, "postgres", "data", "postgresql.conf"),
    "shared_preload_libraries = 'nonsense'\n",
  );
  await expect(openHere()).rejects.toThrow(
    /did not start: could not access file "nonsense".* Its log is .*postgres\/log\./,
  );
});

test("a data folder of another major version is refused by name", async () => {
  await (await openHere()).close();
  await writeFile(
    join(dataDirectory, "postgres", "data", "PG_VERSION"),
    "15\n",
  );
  await expect(openHere()).rejects.toThrow(
    /postgres\/data belongs to PostgreSQL 15, and this Motif comes with PostgreSQL 18/,
  );
});

test("a data folder without its password is refused by name", async () => {
  await (await openHere()).close();
  await rm(join(dataDirectory, "postgres", "password"));
  await expect(openHere()).rejects.toThrow(/postgres\/password cannot be read/);
});

test.skipIf(process.getuid?.() !== 0)(
  "as root, a data folder that PostgreSQL's user cannot enter is refused with the way out",
  async () => {
    await chmod(dataDirectory, 0o700);
    await expect(openHere()).rejects.toThrow(
      `cannot enter ${dataDirectory}. Choose a --data-dir that other users may pass through`,
    );
    expect(await readdir(dataDirectory)).toEqual([]);
  },
);

async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  expect((server.address() as AddressInfo).port).toBe(port);
  return server;
}

/** A process of its own opens the server in the test's folder and keeps it. */
async function startElsewhere(): Promise<{
  starter: ChildProcess;
  url: string;
  pid: number;
}> {
  const module = new URL("embedded-postgres.ts", import.meta.url).href;
  const starter = spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `const { openEmbeddedPostgres } = await import(${JSON.stringify(module)});
       const postgres = await openEmbeddedPostgres({ dataDirectory: ${JSON.stringify(dataDirectory)} });
       console.log(JSON.stringify({ url: postgres.url, pid: postgres.pid() }));
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const { url, pid } = JSON.parse(String(line)) as { url: string; pid: number };
  return { starter, url, pid };
}
