/** Gives away what nobody answers for: leases that were not accepted in time, and those whose heartbeats stopped. */
import type { PgBoss } from "pg-boss";
import type { Database } from "../database/database.ts";
import { failHeld } from "./fail-shards.ts";
import { lockHeldShards, lockJobsOfLeases } from "./held-shards.ts";
import { leaseTiming } from "./lease-operations.ts";
import { putBack } from "./yield-shards.ts";

/** One at a time does it, whichever replica it is in. */
const expiryLock = 7_003;
const mostTogether = 500;

/** @returns how many leases ended by it */
export function expireLeases(
  database: Database,
  queue: PgBoss,
): Promise<number> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM lease
       WHERE pg_try_advisory_xact_lock($1) AND ended_at IS NULL
         AND renewed_at < now() - CASE WHEN accepted_at IS NULL THEN $2::float8 ELSE $3::float8 END * interval '1 ms'
       ORDER BY renewed_at LIMIT $4`,
      [
        expiryLock,
        leaseTiming.acceptWithinMs,
        leaseTiming.expireAfterMs,
        mostTogether,
      ],
    );
    if (rows.length === 0) return 0;
    const leaseIds = rows.map(({ id }) => id);
    await lockJobsOfLeases(client, leaseIds);
    const held = [...(await lockHeldShards(client, leaseIds)).values()];
    // A heartbeat may have come while the locks were waited for.
    const { rows: late } = await client.query<{ id: string }>(
      `SELECT id FROM lease WHERE id = ANY($1::uuid[]) AND ended_at IS NULL
         AND renewed_at < now() - CASE WHEN accepted_at IS NULL THEN $2::float8 ELSE $3::float8 END * interval '1 ms'`,
      [leaseIds, leaseTiming.acceptWithinMs, leaseTiming.expireAfterMs],
    );
    const isLate = new Set(late.map(({ id }) => id));
    const over = held.filter(({ leaseId }) => isLate.has(leaseId));
    await putBackUnaccepted(over.filter(({ isAccepted }) => !isAccepted));
    await failHeld(
      client,
      queue,
      over
        .filter(({ isAccepted }) => isAccepted)
        .map((lease) => ({
          lease,
          isFinal: false,
          message: `Node ${lease.nodeId} gave no sign of life for ${leaseTiming.expireAfterMs / 1_000} s.`,
        })),
      "EXPIRED",
    );
    return over.length;

    async function putBackUnaccepted(unaccepted: typeof held): Promise<void> {
      if (unaccepted.length === 0) return;
      await putBack(
        client,
        queue,
        unaccepted.map((lease) => ({ lease, checkpointSha256: null })),
        "REFUSED",
      );
    }
  });
}
