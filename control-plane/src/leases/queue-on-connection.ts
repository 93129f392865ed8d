/** Queue operations within a transaction: what the shard's row says and what the queue has are committed together. */
import type { Queryable } from "../database/database.ts";

/** @returns options for any of pg-boss' operations */
export function onConnection(client: Queryable): {
  db: {
    executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  };
} {
  return { db: { executeSql: (text, values) => client.query(text, values) } };
}
