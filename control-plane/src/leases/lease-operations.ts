/**
 * What can be done with leases. Each operation is one transaction over a batch, in a file of its own beside this one; times
 * are the database's. `rpc/` calls them for nodes, `jobs/` for people.
 *
 * A lease is one attempt at a shard. Its fence is (shardId, retryCount, leaseId): only the lease that the shard's row names
 * may write, and only while it is open.
 */
import type { Queryable } from "../database/database.ts";
import type { ShardResult } from "../shards/shard-result.ts";
import type { ShardSpec } from "../shards/shard-spec.ts";
import type { TrainingProgress } from "../shards/training-progress.ts";

/** How leases are timed. One place, so that the server's patience always outlasts the node's. */
export const leaseTiming = {
  /** A node accepts a lease within this, or it goes to another. */
  acceptWithinMs: 5_000,
  heartbeatIntervalMs: 5_000,
  /** A node without an answered heartbeat for this long, counted from when it sent the last answered one, stops its work. */
  fenceAfterMs: 10_000,
  /** A lease whose heartbeat is older than this, by database time, is given to another. */
  expireAfterMs: 12_000,
} as const;

export interface GrantedLease {
  readonly leaseId: string;
  readonly nodeId: string;
  readonly shardId: string;
  readonly jobId: string;
  readonly retryCount: number;
  readonly spec: ShardSpec;
  readonly checkpointSha256: string | null;
}

export interface LeaseProgress {
  readonly leaseId: string;
  /** 0…1. */
  readonly done: number;
  readonly checkpointSha256: string | null;
  /** Of a shard that trains. */
  readonly training?: TrainingProgress;
}

export interface SentResult {
  readonly leaseId: string;
  readonly shardId: string;
  readonly nodeId: string;
  readonly retryCount: number;
  readonly result: ShardResult;
}

export interface ResultVerdict {
  readonly leaseId: string;
  readonly verdict: "stored" | "stale" | "incomplete";
  readonly reason: string;
}

/** The lease is open, and this is not what was asked for: whoever has sent it should lose the lease. */
export interface Misfit {
  readonly leaseId: string;
  readonly verdict: "misfit";
  readonly reason: string;
}

export interface LeaseFailure {
  readonly leaseId: string;
  readonly nodeId: string;
  /** `input`: it would fail anywhere. `node`: another node may do it. */
  readonly fault: "input" | "node";
  readonly message: string;
}

export interface LeaseYield {
  readonly leaseId: string;
  readonly nodeId: string;
  readonly checkpointSha256: string | null;
  /** Of a shard that trains: what was not told yet. */
  readonly training?: TrainingProgress;
}

export interface LeaseOperations {
  /** Fetches from the queue for nodes with credit, and writes the lease rows. @returns at most `leases` for each node */
  grantLeases(
    replicaId: string,
    credits: readonly { readonly nodeId: string; readonly leases: number }[],
  ): Promise<readonly GrantedLease[]>;
  acceptLeases(nodeId: string, leaseIds: readonly string[]): Promise<void>;
  /** Heartbeats of a replica's nodes together. @returns leases that are no longer the node's */
  renewLeases(
    heartbeats: readonly {
      readonly nodeId: string;
      readonly leases: readonly LeaseProgress[];
    }[],
  ): Promise<{ readonly goneLeaseIds: readonly string[] }>;
  /** Writes what trainings tell, each epoch once, and tells who follows their jobs; what is of leases that are gone is dropped. */
  recordEpochs(
    reports: readonly {
      readonly nodeId: string;
      readonly leaseId: string;
      readonly training: TrainingProgress;
    }[],
  ): Promise<void>;
  /** Leases of a node that reconnects: open ones go on, now by way of this replica. @returns those that are gone */
  adoptLeases(
    replicaId: string,
    nodeId: string,
    leaseIds: readonly string[],
  ): Promise<{ readonly goneLeaseIds: readonly string[] }>;
  /** Writes results, each once; only what this has returned "stored" for may be acknowledged. */
  completeShards(
    results: readonly SentResult[],
  ): Promise<readonly (ResultVerdict | Misfit)[]>;
  yieldShards(yields: readonly LeaseYield[]): Promise<void>;
  failShards(failures: readonly LeaseFailure[]): Promise<void>;
  /** Gives away leases that were not accepted or renewed in time. Any replica may call it at any time. @returns how many */
  expireLeases(): Promise<number>;
  /** Tops up the queue's window from the jobs' pending shards, by weight. One replica at a time does it. @returns how many */
  feedShards(): Promise<number>;
  /** In the caller's transaction, so that who did it is written with it. */
  cancelJob(client: Queryable, jobId: string): Promise<void>;
  pauseJob(client: Queryable, jobId: string): Promise<void>;
  resumeJob(client: Queryable, jobId: string): Promise<void>;
  /** @returns how many dead shards wait again */
  redriveJob(client: Queryable, jobId: string): Promise<number>;
  reweighJob(client: Queryable, jobId: string, weight: number): Promise<void>;
}

/** Nest's name for the operations. */
export const LEASE_OPERATIONS = Symbol("LeaseOperations");
