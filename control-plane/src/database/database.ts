/** The one pool of connections, and transactions on it. Hot statements are SQL, a file each; the rest goes through Prisma. */
import type { Pool, PoolClient } from "pg";
import { normalizeDatabaseError } from "./connection-problem.ts";

/** What SQL runs on: the pool, or a transaction's connection. */
export type Queryable = Pick<PoolClient, "query">;

export interface Database {
  readonly pool: Pool;
  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits; rolls back when it throws. Tries again, at most three times,
   * when PostgreSQL says that transactions met (40001, 40P01).
   * @throws ControlPlaneError `unavailable` when the connection is lost; whether a COMMIT under way took effect is then not known
   */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
}

/** Nest's name for the database. */
export const DATABASE = Symbol("Database");

export function newDatabase(pool: Pool): Database {
  return {
    pool,
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        const client = await pool.connect();
        let broken: Error | undefined;
        try {
          await client.query("BEGIN");
          const value = await work(client);
          await client.query("COMMIT");
          return value;
        } catch (error) {
          await client
            .query("ROLLBACK")
            .catch((failure: Error) => (broken = failure));
          if (attempt >= 3 || !isConflict(error))
            throw normalizeDatabaseError(error);
        } finally {
          // A connection that could not roll back is closed instead of lent again.
          client.release(broken);
        }
      }
    },
  };
}

const conflicts = new Set(["40001", "40P01"]);

function isConflict(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    conflicts.has(error.code)
  );
}
