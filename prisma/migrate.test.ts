import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../test/harness/postgres.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;
let directory: string;
const clients: pg.Client[] = [];

beforeEach(async () => {
  database = await newTestDatabase();
  // Begin without a schema: the migrations here are the tests' own.
  await database.pool.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  directory = await mkdtemp(join(tmpdir(), "motif-migrations-"));
  await write(
    "1_animals",
    `CREATE TABLE animal (name TEXT); INSERT INTO animal VALUES ('cat')`,
  );
  await write("2_legs", `ALTER TABLE animal ADD COLUMN legs INTEGER`);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await database.close();
  await rm(directory, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), sql);
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  clients.push(client);
  await client.connect();
  return client;
}

test("migrations are applied in order, once", async () => {
  const client = await connect();
  expect(await migrate(client, directory)).toEqual(["1_animals", "2_legs"]);
  expect(await migrate(client, directory)).toEqual([]);
  await write("3_dog", `INSERT INTO animal VALUES ('dog', 4)`);
  expect(await migrate(client, directory)).toEqual(["3_dog"]);
  const { rows } = await client.query(
    "SELECT name, legs FROM animal ORDER BY name",
  );
  expect(rows).toEqual([
    { name: "cat", legs: null },
    { name: "dog", legs: 4 },
  ]);
});

test("two migrators at once apply each migration once", async () => {
  const [one, other] = await Promise.all([connect(), connect()]);
  const applied = await Promise.all([
    migrate(one, directory),
    migrate(other, directory),
  ]);
  expect(applied.flat().sort()).toEqual(["1_animals", "2_legs"]);
  const { rows } = await one.query("SELECT name FROM animal");
  expect(rows).toHaveLength(1);
});

test("what was applied is recorded as Prisma records it", async () => {
  const client = await connect();
  await migrate(client, directory);
  const { rows } = await client.query(
    `SELECT migration_name, checksum, applied_steps_count, logs, rolled_back_at,
       finished_at >= started_at AS finished, length(id) AS id_length
     FROM _prisma_migrations ORDER BY migration_name`,
  );
  expect(rows).toEqual([
    {
      migration_name: "1_animals",
      // sha256sum of the file.
      checksum:
        "a2ebd9cf6a0c412cb8a909fefba25986d353a34982fb8983698242a8146d18b0",
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
      finished: true,
      id_length: 36,
    },
    {
      migration_name: "2_legs",
      checksum:
        "1ff672f96818428c3d39502d7ff4b5182442846144d306df1c0a6340cc33d840",
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
      finished: true,
      id_length: 36,
    },
  ]);
});

test("a migration that fails leaves nothing of itself and keeps the ones before it", async () => {
  const client = await connect();
  await write("3_broken", `CREATE TABLE plant (name TEXT); SELECT nonsense`);
  await expect(migrate(client, directory)).rejects.toThrow(
    'The migration 3_broken failed and was taken back: column "nonsense" does not exist',
  );
  const { rows } = await client.query(
    `SELECT to_regclass('animal') IS NOT NULL AS animal, to_regclass('plant') AS plant`,
  );
  expect(rows).toEqual([{ animal: true, plant: null }]);
  await write("3_broken", `CREATE TABLE plant (name TEXT)`);
  expect(await migrate(client, directory)).toEqual(["3_broken"]);
});

test("a database whose migration had other contents is refused untouched", async () => {
  const client = await connect();
  await migrate(client, directory);
  await write("1_animals", `CREATE TABLE animal (title TEXT)`);
  await write("3_more", `CREATE TABLE more ()`);
  await expect(migrate(client, directory)).rejects.toThrow(
    /migration 1_animals was applied to this database with other contents/,
  );
  const { rows } = await client.query(`SELECT to_regclass('more') AS more`);
  expect(rows).toEqual([{ more: null }]);
});

test("a database of a newer version is refused, and the migrator lets go of its lock", async () => {
  const client = await connect();
  await write("9_future", `CREATE TABLE future ()`);
  await migrate(client, directory);
  await rm(join(directory, "9_future"), { recursive: true });
  await expect(migrate(client, directory)).rejects.toThrow(
    /migration 9_future, which this version of Motif does not know: a newer Motif was here/,
  );
  const other = await connect();
  const { rows } = await other.query(
    "SELECT pg_try_advisory_lock(72707369) AS free",
  );
  expect(rows).toEqual([{ free: true }]);
});

test("a database with a gap in its history is refused", async () => {
  const client = await connect();
  await migrate(client, directory);
  await write("1_between", `CREATE TABLE between_them ()`);
  await expect(migrate(client, directory)).rejects.toThrow(
    /has the migration 2_legs but not the earlier 1_between/,
  );
});

test("a migration that Prisma began and did not finish is refused", async () => {
  const client = await connect();
  await migrate(client, directory);
  await client.query(
    `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_legs'`,
  );
  await expect(migrate(client, directory)).rejects.toThrow(
    /migration 2_legs was begun on this database and not finished/,
  );
});
