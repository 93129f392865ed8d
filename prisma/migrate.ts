/**
 * Brings a database to this version's schema: every `migrations/<stamp>_<name>/migration.sql` that it has not seen, in order. What was
 * applied is recorded as `prisma migrate deploy` records it (table, checksum, advisory lock), so that either goes on from the other.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ClientBase } from "pg";

/** A database that this version must not touch; the message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
}

interface MigrationRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/** The key of Prisma's own lock: its migrator and this one exclude each other. */
const advisoryLock = 72_707_369;

const shippedMigrations = fileURLToPath(new URL("migrations", import.meta.url));

/**
 * @param client a connection outside of a transaction; it waits while another migrator is at work on the database
 * @returns names of the migrations that were applied now
 * @throws MigrationError when the database has another history than this version's, or a migration failed halfway
 */
export async function migrate(
  client: Pick<ClientBase, "query">,
  directory = shippedMigrations,
): Promise<readonly string[]> {
  const migrations = await readMigrations(directory);
  await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
  try {
    await createHistory(client);
    const known = await readHistory(client);
    checkHistory(migrations, known);
    const pending = migrations.filter(({ name }) => !known.has(name));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [advisoryLock]);
  }
}

async function readMigrations(
  directory: string,
): Promise<readonly Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(`${directory}/${name}/migration.sql`);
      return {
        name,
        sql: bytes.toString("utf8"),
        checksum: createHash("sha256").update(bytes).digest("hex"),
      };
    }),
  );
}

async function createHistory(client: Pick<ClientBase, "query">): Promise<void> {
  await client.query(`
    CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
      "id" VARCHAR(36) PRIMARY KEY NOT NULL,
      "checksum" VARCHAR(64) NOT NULL,
      "finished_at" TIMESTAMPTZ,
      "migration_name" VARCHAR(255) NOT NULL,
      "logs" TEXT,
      "rolled_back_at" TIMESTAMPTZ,
      "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
      "applied_steps_count" INTEGER NOT NULL DEFAULT 0
    )`);
}

/** What stands in the database; a migration that was marked as rolled back is as one that never was. */
async function readHistory(
  client: Pick<ClientBase, "query">,
): Promise<ReadonlyMap<string, MigrationRow>> {
  const { rows } = await client.query<MigrationRow>(
    `SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations"
     WHERE "rolled_back_at" IS NULL ORDER BY "started_at"`,
  );
  return new Map(rows.map((row) => [row.migration_name, row]));
}

function checkHistory(
  migrations: readonly Migration[],
  known: ReadonlyMap<string, MigrationRow>,
): void {
  const shipped = new Map(migrations.map((one) => [one.name, one]));
  for (const row of known.values()) {
    const name = row.migration_name;
    const migration = shipped.get(name);
    if (migration === undefined)
      throw new MigrationError(
        `The database has the migration ${name}, which this version of Motif does not know: a newer Motif was here. Start that version, or use another database.`,
      );
    if (row.finished_at === null)
      throw new MigrationError(
        `The migration ${name} was begun on this database and not finished. Mend what stopped it, then mark it with "prisma migrate resolve".`,
      );
    if (row.checksum !== migration.checksum)
      throw new MigrationError(
        `The migration ${name} was applied to this database with other contents (SHA-256 ${row.checksum}) than this version of Motif has (${migration.checksum}). Start the version that made the database, or use another database.`,
      );
  }
  const newest = [...known.keys()].sort().at(-1);
  const skipped = migrations.find(
    ({ name }) => newest !== undefined && name < newest && !known.has(name),
  );
  if (skipped)
    throw new MigrationError(
      `The database has the migration ${newest} but not the earlier ${skipped.name}: its history is not this version's. Use another database.`,
    );
}

async function apply(
  client: Pick<ClientBase, "query">,
  { name, sql, checksum }: Migration,
): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new MigrationError(
      `The migration ${name} failed and was taken back: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
