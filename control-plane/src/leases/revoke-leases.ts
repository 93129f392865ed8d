/** Tells all replicas that leases are to be stopped; each tells those of its own nodes. */
import type { Queryable } from "../database/database.ts";

/** A notification has at most 8,000 bytes. */
const mostTogether = 100;

export async function revokeLeases(
  client: Queryable,
  leaseIds: readonly string[],
  reason: "cancelled" | "paused",
): Promise<void> {
  for (let first = 0; first < leaseIds.length; first += mostTogether)
    await client.query(`SELECT pg_notify('motif_revoke', $1)`, [
      JSON.stringify({
        leaseIds: leaseIds.slice(first, first + mostTogether),
        reason,
      }),
    ]);
}
