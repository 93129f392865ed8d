/** The pool of connections. It outlives its server: what fails meanwhile fails as `unavailable`, and connections come back by themselves. */
import pg from "pg";
import { normalizeDatabaseError } from "./connection-problem.ts";

/** Connections of one replica, beside its listener. PostgreSQL takes 100 by default, for all. */
const largestPool = 20;

/** @param name tells this process' connections from others in pg_stat_activity */
export function newPool(databaseUrl: string, name: string): pg.Pool {
  const pool = new NormalizingPool({
    connectionString: databaseUrl,
    application_name: name,
    max: largestPool,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A network that swallows packets must not hold a caller for ever.
    query_timeout: 60_000,
    statement_timeout: 60_000,
    // A replica that froze in a transaction must not keep others from its rows.
    idle_in_transaction_session_timeout: 15_000,
  });
  // A lost connection, idle or lent, is replaced by the pool; whoever has it sees it in the statement that fails.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Failures of the connection are told from failures of the statement. */
class NormalizingPool extends pg.Pool {
  override connect = ((callback?: never) => {
    const connecting = super.connect(callback as never) as unknown;
    return normalize(connecting);
  }) as pg.Pool["connect"];

  override query = ((...parameters: never[]) =>
    normalize(
      (super.query as (...all: never[]) => unknown)(...parameters),
    )) as pg.Pool["query"];
}

/** Those that take a callback return nothing. */
function normalize(outcome: unknown): unknown {
  return outcome instanceof Promise
    ? outcome.catch((error: unknown) => {
        throw normalizeDatabaseError(error);
      })
    : outcome;
}
