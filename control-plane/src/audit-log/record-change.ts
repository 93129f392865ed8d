/** Writes who changed what. In the same transaction as the change, so that neither is there without the other. */
import type { Queryable } from "../database/database.ts";

export interface Change {
  /** Name of the token, or `local`. */
  readonly actor: string;
  /** Where the request came from; null from the command line. */
  readonly address: string | null;
  /** What was done, a noun and a verb. @example "job.cancel" */
  readonly action: string;
  /** Id or name of what it was done to. */
  readonly subject: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export async function recordChange(
  client: Queryable,
  { actor, address, action, subject, details = {} }: Change,
): Promise<void> {
  await client.query(
    `INSERT INTO audit_entry (actor, address, action, subject, details)
     VALUES ($1, $2, $3, $4, $5)`,
    [actor, address, action, subject, JSON.stringify(details)],
  );
}
