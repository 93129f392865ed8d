/** A compute node put together: its data folder, its conversation with a control plane, its work. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChannelCredentials } from "@grpc/grpc-js";
import { protocolVersion, type Hello } from "@motif/proto";
import type { Backend } from "../engine/index.ts";
import type { ShardRunner } from "../shards/shard.ts";
import { openArtifactCache } from "./artifact-cache.ts";
import { newArtifactSource } from "./artifact-transfer.ts";
import type { Connection } from "./connection.ts";
import { newConnectionOfTheMoment } from "./connection-of-the-moment.ts";
import type { ControlPlaneAddress } from "./control-plane-address.ts";
import { newConversation } from "./conversation.ts";
import { newLeaseClock } from "./lease-clock.ts";
import { newLeaseTable } from "./lease-table.ts";
import { openLinkedFolders } from "./linked-folders.ts";
import { memoryBytes, memoryUsedBytes } from "./memory.ts";
import type { NodeLog } from "./node-log.ts";
import { newResultDelivery } from "./result-delivery.ts";
import { openResultSpool } from "./result-spool.ts";
import { newShardFiles } from "./shard-files.ts";
import { newShardRun } from "./shard-run.ts";
import { stayConnected } from "./stay-connected.ts";

export interface ComputeNodeOptions {
  readonly nodeId: string;
  readonly name: string;
  /** Of the software. */
  readonly version: string;
  readonly dataDirectory: string;
  /** Tried in turn. */
  readonly controlPlanes: readonly ControlPlaneAddress[];
  readonly credentials: ChannelCredentials;
  /** Shards at once. */
  readonly slots: number;
  readonly backend: Backend;
  readonly runner: ShardRunner;
  /** Most bytes of the artifact cache. */
  readonly cacheBytes: number;
  /** For tests of faults: every result is sent twice. */
  readonly isSendingTwice?: boolean;
  /** For tests of faults: goes on with leases whose time is up, as a node with a broken clock would. */
  readonly isUnfenced?: boolean;
  /** How long a shard may come no further, in milliseconds; half an hour by default. */
  readonly hangsAfterMs?: number;
  readonly log: NodeLog;
  /** Milliseconds that also pass while the process is frozen (elapsed-time.ts). */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Evenly in [0, 1). */
  readonly random: () => number;
}

export interface ComputeNode {
  /**
   * Resolves once the node has drained.
   * @throws MotifError "cluster" when no control plane will ever take it as it is
   */
  run(): Promise<void>;
  /** Takes no further leases, yields what runs, sends what is finished, and ends `run` within 10 s. */
  drain(): void;
  /** An error that nothing has caught: the shards that run are given back, the node goes on. */
  failAll(error: unknown): void;
  counts(): NodeCounts;
}

export interface NodeCounts {
  readonly isConnected: boolean;
  readonly slots: number;
  readonly running: number;
  /** Mean of what the running shards have done, 0…1. */
  readonly meanDone: number;
  readonly finished: number;
  readonly failed: number;
  /** Results without a verdict. */
  readonly unacknowledged: number;
}

/** While draining, a shard that ends within this is finished; the others yield. */
const finishWithinMs = 4_000;
const yieldAllAfterMs = 5_500;
/** When a draining node ends what it still has. */
const giveUpAfterMs = 8_500;
const leaveWithinMs = 1_000;

/** Opens the data folder. @throws MotifError "storage" when it cannot be used */
export async function openComputeNode(
  options: ComputeNodeOptions,
): Promise<ComputeNode> {
  const { dataDirectory, log, now, slots, backend } = options;
  const spool = await openResultSpool(join(dataDirectory, "spool"), (path) =>
    log.line("warn", "spool-damaged", { message: path }),
  );
  if (spool.count() > 0)
    log.line("info", "results-waiting", { results: spool.count() });
  const folders = await openLinkedFolders(join(dataDirectory, "linked"));
  const moment = newConnectionOfTheMoment();
  const cache = await openArtifactCache(
    join(dataDirectory, "cache"),
    newArtifactSource(moment),
    {
      largestBytes: options.cacheBytes,
      now: options.wallClock,
      onEvicted: (sha256) => folders.removeWith(sha256),
      onDamaged: (sha256) => log.line("warn", "artifact-damaged", { sha256 }),
    },
  );
  const workDirectory = join(dataDirectory, "work");
  await rm(workDirectory, { recursive: true, force: true });
  await mkdir(workDirectory, { recursive: true });
  const shardRun = newShardRun({
    runner: options.runner,
    backend,
    files: newShardFiles(cache, folders),
    peers: moment,
    workDirectory,
    now,
    log,
  });
  const table = newLeaseTable(slots);
  const clock = {
    ...newLeaseClock(now),
    ...(options.isUnfenced && { isFenced: () => false }),
  };
  const changed = new EventTarget();
  let soon: NodeJS.Timeout | undefined;
  function beatSoon() {
    soon ??= setTimeout(() => {
      soon = undefined;
      conversation.beat();
    }, newsWithinMs).unref();
  }
  const conversation = newConversation({
    table,
    clock,
    spool,
    newDelivery: (callbacks) =>
      newResultDelivery({
        ...{ spool, log, now, isSendingTwice: options.isSendingTwice },
        ...callbacks,
      }),
    work: (run) => shardRun.work(run),
    discard: (lease) => shardRun.discard(lease),
    log,
    now,
    memoryUsedBytes,
    onChange: () => changed.dispatchEvent(new Event("change")),
    onNews: beatSoon,
    hangsAfterMs: options.hangsAfterMs,
  });

  const instanceId = randomUUID();
  const hello = (): Hello => {
    // What must have stopped by now is not presented.
    conversation.checkFence();
    return {
      protocolVersion,
      nodeId: options.nodeId,
      instanceId,
      name: options.name,
      version: options.version,
      slots,
      backend: {
        name: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      },
      heldLeaseIds: conversation.heldIds(),
      memoryBytes: memoryBytes(),
    };
  };

  let connection: Connection | null = null;
  const serve = async (opened: Connection) => {
    connection = opened;
    moment.set(opened.artifacts);
    const { heartbeatIntervalMs } = opened.welcome;
    const beating = setInterval(
      () => conversation.beat(),
      Math.max(heartbeatIntervalMs, leastHeartbeatMs),
    );
    try {
      conversation.open(opened);
      opened.receive((message) => {
        try {
          conversation.receive(message);
        } catch (error) {
          opened.drop(
            `a message could not be read: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
        }
      });
      await opened.over;
    } finally {
      clearInterval(beating);
      connection = null;
      moment.set(null);
      conversation.closed();
    }
  };

  const leaving = new AbortController();
  let isDraining = false;
  /** @returns whether there is nothing left to wait for, within `ms` */
  const waitUntilIdle = async (ms: number): Promise<boolean> => {
    const late = AbortSignal.timeout(ms);
    for (;;) {
      // Without a stream nothing more can be said; what is in the spool stays there for the next start.
      const isOver =
        conversation.isIdle() ||
        (connection === null && conversation.counts().running === 0);
      if (isOver || late.aborted) return isOver;
      await once(changed, "change", { signal: late }).catch(() => undefined);
    }
  };
  const leave = async () => {
    conversation.drain(finishWithinMs);
    const isIdle = await waitUntilIdle(yieldAllAfterMs);
    if (!isIdle) {
      conversation.drain(0);
      await waitUntilIdle(giveUpAfterMs - yieldAllAfterMs);
    }
    leaving.abort();
    await connection?.leave(leaveWithinMs);
  };

  return {
    async run() {
      let watch: NodeJS.Timeout;
      const watchFence = () => {
        conversation.checkFence();
        const remainingMs = clock.fencesAt() - now();
        watch = setTimeout(
          watchFence,
          remainingMs > 0 ? Math.min(remainingMs, watchEveryMs) : watchEveryMs,
        );
      };
      watchFence();
      try {
        await stayConnected({
          ...options,
          hello,
          serve,
          signal: leaving.signal,
        });
      } finally {
        clearTimeout(watch!);
        await spool.idle();
      }
    },
    drain() {
      if (isDraining) return;
      isDraining = true;
      log.line("info", "draining", { running: conversation.counts().running });
      void leave();
    },
    failAll: (error) => conversation.failAll(error),
    counts: () => ({
      isConnected: connection !== null,
      slots,
      meanDone: table.meanDone(),
      unacknowledged: spool.count(),
      ...conversation.counts(),
    }),
  };
}

/** The fence is looked at when it is due, and at least so often. */
const watchEveryMs = 1_000;
/** What is news is told within this, and so at most as often. */
const newsWithinMs = 400;
/** Against a control plane that says 0. */
const leastHeartbeatMs = 20;
