/**
 * Real PostgreSQL for tests: one server for everything that Vitest runs, started by the first test that wants it
 * (postgres-for-all.ts stops it), and for each test that asks a database of its own with the schema in it.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../../control-plane/src/database/embedded-postgres.ts";
import {
  startQueue,
  stopQueue,
} from "../../control-plane/src/database/queue.ts";
import { migrate } from "../../prisma/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The data folder of the tests' PostgreSQL. */
    postgresDirectory: string;
  }
}

/** Tests need not survive a power cut. */
export const testSettings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "200",
};

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Closes the pool and drops the database, whoever is still connected. */
  close(): Promise<void>;
}

const template = "motif_template";
const templateLock = 7_001;
let server: Promise<EmbeddedPostgres> | undefined;

/** The tests' server; the same for everybody. Do not stop it: for that, open an embedded PostgreSQL of your own. */
export function startPostgres(): Promise<EmbeddedPostgres> {
  server ??= openServer();
  return server;
}

/** An empty database with this version's schema and queue, for one test or one file of tests. */
export async function newTestDatabase(): Promise<TestDatabase> {
  const { url: serverUrl } = await startPostgres();
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdministrator(serverUrl, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`),
  );
  const url = databaseUrl(serverUrl, name);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // Tests that break connections see it in their statements.
  pool.on("error", () => {});
  return {
    url,
    pool,
    async close() {
      await pool.end();
      await asAdministrator(serverUrl, async (client) => {
        await waitUntilLeft(client, name);
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      });
    },
  };
}

/**
 * A pool's end() answers before its connections are closed, and one that is cut off then reports an error that nobody listens to.
 * Who means to stay is cut off after a second.
 */
async function waitUntilLeft(client: pg.Client, name: string): Promise<void> {
  const deadline = performance.now() + 1_000;
  while (performance.now() < deadline) {
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = $1",
      [name],
    );
    if (rowCount === 0) return;
    await delay(5);
  }
}

async function openServer(): Promise<EmbeddedPostgres> {
  const opened = await openEmbeddedPostgres({
    dataDirectory: inject("postgresDirectory"),
    settings: testSettings,
  });
  await asAdministrator(opened.url, async (client) => {
    // One process makes the template, the others wait for it.
    await client.query("SELECT pg_advisory_lock($1)", [templateLock]);
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate",
      [template],
    );
    if (rowCount === 0) await createTemplate(client, opened.url);
  });
  return opened;
}

async function createTemplate(
  client: pg.Client,
  serverUrl: string,
): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${template}`);
  await client.query(`CREATE DATABASE ${template}`);
  const url = databaseUrl(serverUrl, template);
  await connected(url, (one) => migrate(one));
  const pool = new pg.Pool({ connectionString: url });
  await stopQueue(
    await startQueue(pool, (message) => {
      throw new Error(message);
    }),
  );
  await pool.end();
  await client.query(`ALTER DATABASE ${template} IS_TEMPLATE true`);
}

function asAdministrator<T>(
  serverUrl: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return connected(databaseUrl(serverUrl, "postgres"), work);
}

async function connected<T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
