/** A token written straight to the database: how the first one comes to be, before a control plane asks for one. */
import { resolve } from "node:path";
import { createToken, type NewToken } from "../auth/api-tokens.ts";
import { prepareDataDirectory } from "../configuration/data-directory.ts";
import { newDatabase } from "../database/database.ts";
import { openEmbeddedPostgres } from "../database/embedded-postgres.ts";
import { migrateDatabase } from "../database/migrate-database.ts";
import { newPool } from "../database/pool.ts";
import { ControlPlaneError } from "../control-plane-error.ts";

export interface DatabasePlace {
  readonly dataDir: string | undefined;
  /** Goes before the data folder's own PostgreSQL. */
  readonly databaseUrl: string | undefined;
}

/** Whoever reaches the database may; the audit log says that it was done from the command line. */
const maker = { actor: "command line", address: null };

/**
 * @returns the secret, to be shown once
 * @throws ControlPlaneError "unavailable" where the database cannot be opened
 */
export async function createFirstToken(
  wanted: NewToken,
  place: DatabasePlace,
): Promise<{ readonly token: string; readonly expiresAt: string }> {
  const { url, close } = await openDatabaseAt(place);
  try {
    const name = "motif tokens create";
    await migrateDatabase(url, name);
    const pool = newPool(url, name);
    try {
      const { secret, token } = await createToken(
        newDatabase(pool),
        wanted,
        maker,
      );
      return { token: secret, expiresAt: token.expiresAt };
    } finally {
      await pool.end();
    }
  } finally {
    await close();
  }
}

async function openDatabaseAt({ dataDir, databaseUrl }: DatabasePlace) {
  if (databaseUrl !== undefined)
    return { url: databaseUrl, close: async () => {} };
  if (dataDir === undefined)
    throw new ControlPlaneError(
      "invalid",
      "say where the database is: --data-dir or --database-url.",
    );
  const dataDirectory = resolve(dataDir);
  await prepareDataDirectory(dataDirectory);
  const postgres = await openEmbeddedPostgres({ dataDirectory });
  return {
    url: postgres.url,
    close: async () => void (await postgres.close()),
  };
}
