/** pg-boss on the database's pool, with the one queue that Motif has. */
import type { Pool } from "pg";
import { PgBoss } from "pg-boss";

/** Nest's name for the started PgBoss. Name its jobs by `JobAttempt {id, retryCount}`, never by a bare id. */
export const QUEUE = Symbol("Queue");

/** The queue whose jobs stand for shards. */
export const shardQueue = "shards";

const hour = 3_600;
const day = 24 * hour;

const shardQueueOptions = {
  // One failure and five more; 2 s·2ⁿ between them, with jitter.
  retryLimit: 5,
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 60,
  // Leases decide when an attempt is over (leases/); this is pg-boss' longest.
  expireInSeconds: day,
  // A paused cluster keeps its queue.
  retentionSeconds: 365 * day,
  // The shard's row says what came of it; dead jobs only make the next fetch slower.
  deleteAfterSeconds: 5 * 60,
} as const;

/**
 * Starts pg-boss: makes its schema `pgboss` or brings it up to date, and supervises the queue from here on. Replicas do so at the
 * same time; pg-boss locks.
 * @param onTrouble told what went wrong in the background; pg-boss goes on
 */
export async function startQueue(
  pool: Pool,
  onTrouble: (message: string) => void,
): Promise<PgBoss> {
  const boss = new PgBoss({
    db: {
      executeSql: (text, values) => pool.query(text, values),
    },
    // No cron.
    schedule: false,
    supervise: true,
    maintenanceIntervalSeconds: 60,
    monitorIntervalSeconds: 60,
    registerInstance: false,
  });
  boss.on("error", (error: Error) => onTrouble(error.message));
  boss.on("warning", ({ message }) => onTrouble(message));
  await boss.start();
  // With a table of its own, so that fetching looks at nothing else.
  await boss.createQueue(shardQueue, { ...shardQueueOptions, partition: true });
  await boss.updateQueue(shardQueue, shardQueueOptions);
  return boss;
}

/** Ends what pg-boss does in the background; the pool stays open. */
export async function stopQueue(boss: PgBoss): Promise<void> {
  await boss.stop({ graceful: true, close: false, timeout: 2_000 });
}
