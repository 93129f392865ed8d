/** Reads the audit log, newest first. */
import type { Queryable } from "../database/database.ts";

export interface RecordedChange {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly address: string | null;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

interface Row extends Omit<RecordedChange, "id" | "at"> {
  readonly id: string;
  readonly at: Date;
}

/** @param page entries with an id below `before`, at most `limit` */
export async function listChanges(
  client: Queryable,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly RecordedChange[]> {
  const { rows } = await client.query<Row>(
    `SELECT id, at, actor, address, action, subject, details
     FROM audit_entry
     WHERE $1::bigint IS NULL OR id < $1
     ORDER BY id DESC
     LIMIT $2`,
    [page.before ?? null, page.limit],
  );
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    at: row.at.toISOString(),
  }));
}
