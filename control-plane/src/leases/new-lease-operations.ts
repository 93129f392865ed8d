/** The operations on one database and queue. */
import type { PgBoss } from "pg-boss";
import type { Database } from "../database/database.ts";
import { acceptLeases } from "./accept-leases.ts";
import { adoptLeases } from "./adopt-leases.ts";
import { completeShards } from "./complete-shards.ts";
import { expireLeases } from "./expire-leases.ts";
import { failShards } from "./fail-shards.ts";
import { feedShards } from "./feed-shards.ts";
import { grantLeases } from "./grant-leases.ts";
import type { LeaseOperations } from "./lease-operations.ts";
import { recordEpochs } from "./record-epochs.ts";
import { redriveJob } from "./redrive-job.ts";
import { renewLeases } from "./renew-leases.ts";
import { reweighJob } from "./reweigh-job.ts";
import { cancelJob, pauseJob, resumeJob } from "./stop-job.ts";
import { yieldShards } from "./yield-shards.ts";

export interface LeaseListeners {
  /** Shards left the window. */
  readonly onGranted?: () => void;
  /** Jobs came further. */
  readonly onProgress?: (jobIds: readonly string[]) => void;
}

export function newLeaseOperations(
  database: Database,
  queue: PgBoss,
  { onGranted, onProgress }: LeaseListeners = {},
): LeaseOperations {
  return {
    async grantLeases(replicaId, credits) {
      const granted = await grantLeases(database, queue, replicaId, credits);
      if (granted.length > 0) {
        onGranted?.();
        onProgress?.(granted.map(({ jobId }) => jobId));
      }
      return granted;
    },
    acceptLeases: (nodeId, leaseIds) =>
      acceptLeases(database, nodeId, leaseIds),
    renewLeases: (heartbeats) => renewLeases(database, heartbeats),
    recordEpochs: (reports) => recordEpochs(database, reports),
    adoptLeases: (replicaId, nodeId, leaseIds) =>
      adoptLeases(database, replicaId, nodeId, leaseIds),
    async completeShards(results) {
      const { verdicts, jobIds } = await completeShards(
        database,
        queue,
        results,
      );
      if (jobIds.length > 0) onProgress?.(jobIds);
      return verdicts;
    },
    async yieldShards(yields) {
      await recordEpochs(
        database,
        yields.flatMap(({ leaseId, nodeId, training }) =>
          training ? [{ leaseId, nodeId, training }] : [],
        ),
      );
      await yieldShards(database, queue, yields);
    },
    failShards: (failures) => failShards(database, queue, failures),
    expireLeases: () => expireLeases(database, queue),
    feedShards: () => feedShards(database, queue),
    cancelJob: (client, jobId) => cancelJob(client, queue, jobId),
    pauseJob,
    resumeJob,
    redriveJob,
    reweighJob,
  };
}
