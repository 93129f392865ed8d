/** Brings the database to this version's schema when a control plane starts. */
import { migrate, MigrationError } from "@motif/prisma";
import pg from "pg";
import { ControlPlaneError } from "../control-plane-error.ts";
import { describeConnectionProblem } from "./connection-problem.ts";

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
    throw explain(error, client);
  } finally {
    await client.end().catch(() => {});
  }
}

function explain(error: unknown, { host, port }: pg.Client): unknown {
  if (error instanceof MigrationError)
    return new ControlPlaneError("conflict", error.message, { cause: error });
  const reason = describeConnectionProblem(error);
  if (reason !== null)
    return new ControlPlaneError(
      "unavailable",
      `The database at ${host}:${port} cannot be reached (${reason}). Start it, or name another with --database-url.`,
      { cause: error },
    );
  if (isRefused(error))
    return new ControlPlaneError(
      "conflict",
      `The database at ${host}:${port} does not let Motif in: ${error.message}. Check --database-url.`,
      { cause: error },
    );
  return error;
}

/** PostgreSQL, appendix A: invalid authorization, no such database, not allowed. */
function isRefused(error: unknown): error is pg.DatabaseError {
  return (
    error instanceof pg.DatabaseError &&
    /^(28...|3D000|42501)$/.test(error.code ?? "")
  );
}
