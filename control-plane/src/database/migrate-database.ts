/** Brings the database to this version's schema when a control plane starts. */
import { migrate, MigrationError } from "@motif/prisma";
import pg from "pg";
import { ControlPlaneError } from "../control-plane-error.ts";
import { normalizeDatabaseError } from "./connection-problem.ts";

/**
 * On a connection of its own: a large migration, or another replica's, may take longer than statements otherwise do.
 * @returns names of the migrations that were applied now
 * @throws ControlPlaneError `unavailable` when the database cannot be reached, `conflict` when it is not this version's
 */
export async function migrateDatabase(
  databaseUrl: string,
  name: string,
): Promise<readonly string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    connectionTimeoutMillis: 10_000,
  });
  // It comes out of the statement that fails.
  client.on("error", () => {});
  try {
    await client.connect();
    return await migrate(client);
  } catch (error) {
    throw error instanceof MigrationError
      ? new ControlPlaneError("conflict", error.message, { cause: error })
      : normalizeDatabaseError(error);
  } finally {
    await client.end().catch(() => {});
  }
}
