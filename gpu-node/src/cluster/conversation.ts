/**
 * What a node says and does about its leases: the rules between the stream (connection.ts), the work (shard-run.ts) and the
 * results (result-delivery.ts). Timers and dialling are compute-node.ts's.
 *
 *     Leases ─▶ Accept, start ─▶ running ─┬─▶ result in the spool ─▶ sent ─▶ verdict ─▶ over
 *                                         ├─▶ failed   ─▶ ShardFailure ─▶ over
 *                                         └─▶ yielded  ─▶ ShardYield   ─▶ over
 *
 * A lease that is gone, cancelled or fenced is over at once, whatever its work still does: what comes of that is dropped.
 */
import {
  Revocation_Reason,
  ShardFailure_Fault,
  type Lease,
  type ShardResult,
} from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import type { EpochSummary, TrainingStanding } from "../shards/shard.ts";
import type {
  Connection,
  ControlMessageBody,
  NodeMessageBody,
} from "./connection.ts";
import type { LeaseClock } from "./lease-clock.ts";
import type { LeaseTable } from "./lease-table.ts";
import type { NodeLog } from "./node-log.ts";
import type { ResultDelivery } from "./result-delivery.ts";
import type { ProducedFile, ResultSpool } from "./result-spool.ts";

/** What a lease's work is given, and tells. */
export interface LeasedRun {
  readonly lease: Lease;
  /** Its reason is "stop" or "yield". */
  readonly signal: AbortSignal;
  /** Aborted only when the lease is lost; a checkpoint may still be sent while the work yields. */
  readonly lost: AbortSignal;
  onProgress(done: number, standing?: TrainingStanding): void;
  /** An epoch of a training has ended. */
  onEpoch(summary: EpochSummary): void;
  /** A checkpoint is at the control plane. */
  onCheckpoint(sha256: string): void;
}

export interface FinishedShard {
  readonly result: ShardResult;
  /** Artifacts that the result names. */
  readonly files: readonly ProducedFile[];
}

export interface Conversation {
  heldIds(): readonly string[];
  /** A control plane has welcomed the node. */
  open(connection: Connection): void;
  receive(message: ControlMessageBody): void;
  closed(): void;
  beat(): void;
  /** Stops all work when it must not go on. @returns whether it must not */
  checkFence(): boolean;
  /** No further leases; running shards yield, but for those that end within `finishWithinMs`. */
  drain(finishWithinMs: number): void;
  /** Whether nothing runs and nothing waits to be sent. */
  isIdle(): boolean;
  /** An error that no shard has caught: which shard it comes from is unknown, so all that run are given back. */
  failAll(error: unknown): void;
  counts(): {
    readonly running: number;
    readonly finished: number;
    readonly failed: number;
  };
}

interface Run {
  readonly work: AbortController;
  readonly lost: AbortController;
  readonly beganAt: number;
  done: number;
  /** When the work last came further. */
  movedAt: number;
}

/** Results without a verdict that a node keeps at most, before it takes no further leases. */
const spoolLimits = { results: 5_000, bytes: 2 * 1024 ** 3 } as const;
/** A shard that comes no further for this long hangs, however alive its node is. Fetching a very large model takes less. */
const hangsAfterMs = 30 * 60_000;
/** How long a node takes no leases after its disk refused a result. */
const diskPauseMs = 15_000;

/**
 * @param options.work does a lease's shard; rejects with any error, with whatever when its signal is aborted
 * @param options.discard removes what a lease's work left behind
 * @param options.onChange told when something ended, so that who waits for idleness looks again
 * @param options.onNews told when there is something to say that should not wait for the next heartbeat
 */
export function newConversation(options: {
  readonly table: LeaseTable;
  readonly clock: LeaseClock;
  readonly spool: ResultSpool;
  readonly newDelivery: (callbacks: {
    readonly isFenced: () => boolean;
    readonly onSettled: (leaseId: string) => void;
    readonly onLost: (leaseId: string, message: string) => void;
  }) => ResultDelivery;
  readonly work: (run: LeasedRun) => Promise<FinishedShard>;
  readonly discard: (lease: Lease) => Promise<void>;
  readonly log: NodeLog;
  readonly now: () => number;
  readonly memoryUsedBytes: () => number;
  readonly onChange: () => void;
  readonly onNews: () => void;
  readonly hangsAfterMs?: number;
}): Conversation {
  const { table, clock, spool, work, discard, log, now, onChange } = options;
  const mostStillMs = options.hangsAfterMs ?? hangsAfterMs;
  const runs = new Map<string, Run>();
  /** Failures and yields that wait for a stream. */
  const unsent = new Map<string, NodeMessageBody>();
  let connection: Connection | null = null;
  let sequence = 0;
  /** The node ends. */
  let isDraining = false;
  /** The control plane wants it to take nothing for now; it says so anew on each stream. */
  let isHeldBack = false;
  let diskIsFullUntil = -Infinity;
  let isCreditScheduled = false;
  let finished = 0;
  let failed = 0;

  const checkFence = (): boolean => {
    if (!clock.isFenced()) return false;
    const held = table.heldIds();
    if (held.length > 0) {
      log.line("warn", "fenced", {
        leases: held.length,
        message: "no heartbeat was answered in time, all leased work stops",
      });
      held.forEach(lose);
    }
    connection?.drop("no heartbeat was answered in time");
    return true;
  };
  const delivery = options.newDelivery({
    isFenced: checkFence,
    onSettled(leaseId) {
      table.drop(leaseId);
      scheduleCredit();
      onChange();
    },
    onLost: (leaseId, message) =>
      fail(leaseId, ShardFailure_Fault.FAULT_NODE, message),
  });

  const describe = (lease: Lease) => ({
    job: lease.jobId,
    shard: lease.shardId,
    lease: lease.leaseId,
  });
  /** Shards that do nothing come by the thousand. */
  const levelOf = (lease: Lease) =>
    lease.spec?.kind?.$case === "noop" ? "debug" : "info";

  const isRoomLeft = () =>
    !isDraining &&
    !isHeldBack &&
    now() >= diskIsFullUntil &&
    spool.count() < spoolLimits.results &&
    spool.bytes() < spoolLimits.bytes;
  const sendCredit = () => {
    table.setAccepting(isRoomLeft());
    const leases = connection ? table.drawCredit() : 0;
    if (leases > 0) connection?.send({ $case: "credit", value: { leases } });
  };
  /** Slots that become free together are announced together. */
  const scheduleCredit = () => {
    if (isCreditScheduled) return;
    isCreditScheduled = true;
    setImmediate(() => {
      isCreditScheduled = false;
      sendCredit();
    });
  };

  /** The lease is over and nothing of it is kept. */
  const lose = (leaseId: string) => {
    table.drop(leaseId);
    unsent.delete(leaseId);
    const run = runs.get(leaseId);
    run?.lost.abort("stop");
    run?.work.abort("stop");
  };
  /** Says how a lease ended, now or on the next stream. */
  const report = (leaseId: string, body: NodeMessageBody) => {
    if (!table.find(leaseId)) return;
    if (connection) {
      connection.send(body);
      table.drop(leaseId);
    } else unsent.set(leaseId, body);
    onChange();
  };
  const fail = (
    leaseId: string,
    fault: ShardFailure_Fault,
    message: string,
  ) => {
    const lease = table.find(leaseId);
    if (!lease) return;
    failed++;
    const isInput = fault === ShardFailure_Fault.FAULT_INPUT;
    log.line("warn", "shard-failed", {
      ...describe(lease),
      fault: isInput ? "input" : "node",
      message,
    });
    report(leaseId, { $case: "failure", value: { leaseId, fault, message } });
  };

  const start = (lease: Lease) => {
    const { leaseId } = lease;
    const run: Run = {
      work: new AbortController(),
      lost: new AbortController(),
      beganAt: now(),
      done: 0,
      movedAt: now(),
    };
    runs.set(leaseId, run);
    log.line(levelOf(lease), "shard-started", describe(lease));
    void carryOut(lease, run).finally(() => {
      discard(lease).catch((error: unknown) =>
        log.line("warn", "folder-left", { message: messageOf(error) }),
      );
      runs.delete(leaseId);
      table.release(leaseId);
      scheduleCredit();
      onChange();
    });
  };
  const carryOut = async (lease: Lease, run: Run) => {
    const { leaseId } = lease;
    try {
      const { result, files } = await work({
        lease,
        signal: run.work.signal,
        lost: run.lost.signal,
        onProgress(done, standing) {
          if (checkFence()) return;
          if (done > run.done) run.movedAt = now();
          run.done = done;
          table.setDone(leaseId, done);
          if (standing) table.training(leaseId)?.setStanding(standing);
        },
        onEpoch(summary) {
          table.training(leaseId)?.addEpoch(summary);
          options.onNews();
        },
        onCheckpoint: (sha256) => table.setCheckpoint(leaseId, sha256),
      });
      if (checkFence() || !table.find(leaseId)) return;
      const { shardId, retryCount } = lease;
      const sent = { leaseId, shardId, retryCount, result };
      try {
        await spool.add(sent, files);
      } catch (error) {
        diskIsFullUntil = now() + diskPauseMs;
        throw error;
      }
      finished++;
      log.line(levelOf(lease), "shard-finished", {
        ...describe(lease),
        ms: Math.round(now() - run.beganAt),
      });
      delivery.add(sent);
    } catch (error) {
      if (checkFence() || !table.find(leaseId)) return;
      if (run.work.signal.aborted && !(error instanceof MotifError)) {
        const checkpointSha256 = table.checkpointOf(leaseId);
        log.line(levelOf(lease), "shard-yielded", {
          ...describe(lease),
          hasCheckpoint: checkpointSha256 !== "",
        });
        report(leaseId, {
          $case: "yield",
          value: {
            ...{ leaseId, checkpointSha256 },
            // The next attempt goes on behind them.
            training: table
              .progress(sequence)
              .find((held) => held.leaseId === leaseId)?.training,
          },
        });
        return;
      }
      fail(leaseId, faultOf(error), messageOf(error));
    }
  };

  const take = (leases: readonly Lease[]) => {
    // What a frozen process finds in its buffers may be long gone.
    if (checkFence()) return;
    const { taken, refused } = table.take(leases);
    for (const { leaseId, checkpointSha256 } of refused)
      connection?.send({
        $case: "yield",
        value: { leaseId, checkpointSha256 },
      });
    if (taken.length === 0) return;
    const leaseIds = taken.map(({ leaseId }) => leaseId);
    connection?.send({ $case: "accept", value: { leaseIds } });
    taken.forEach(start);
  };

  /** Its slot stays taken: what hangs may still be at work. Another node may do better. */
  const giveUpWhatHangs = () => {
    for (const [leaseId, run] of runs) {
      const stillMs = now() - run.movedAt;
      if (stillMs < mostStillMs || !table.find(leaseId)) continue;
      fail(
        leaseId,
        ShardFailure_Fault.FAULT_NODE,
        `The shard has come no further for ${Math.round(stillMs / 60_000)} minutes on this node: its backend hangs. Restart the node if its slot stays taken.`,
      );
      lose(leaseId);
    }
  };

  const beat = () => {
    if (!connection || checkFence()) return;
    giveUpWhatHangs();
    sequence++;
    clock.sent(sequence);
    connection.send({
      $case: "heartbeat",
      value: {
        sequence,
        leases: table.progress(sequence),
        memoryUsedBytes: options.memoryUsedBytes(),
      },
    });
    delivery.remind();
    // The disk may have room again.
    sendCredit();
  };

  const goAway = (leaseIds: readonly string[]) => {
    for (const leaseId of leaseIds) {
      const lease = table.find(leaseId);
      // One whose result is on its way may be gone because it was stored; its verdict comes too.
      if (lease && runs.has(leaseId))
        log.line("warn", "lease-gone", describe(lease));
      lose(leaseId);
    }
  };
  const revoke = (leaseIds: readonly string[], reason: Revocation_Reason) => {
    const isPaused = reason === Revocation_Reason.REASON_PAUSED;
    for (const leaseId of leaseIds) {
      const lease = table.find(leaseId);
      if (!lease) continue;
      log.line(
        "info",
        isPaused ? "lease-paused" : "lease-cancelled",
        describe(lease),
      );
      if (isPaused) runs.get(leaseId)?.work.abort("yield");
      else lose(leaseId);
    }
  };

  /** What runs is finished. */
  const holdBack = (isWanted: boolean) => {
    if (isWanted === isHeldBack) return;
    isHeldBack = isWanted;
    log.line("info", isWanted ? "drained" : "undrained", {
      running: runs.size,
      message: isWanted
        ? "the control plane gives no further work until it is told to"
        : "the control plane gives work again",
    });
    sendCredit();
  };

  return {
    heldIds: () => table.heldIds(),
    open(opened) {
      connection = opened;
      isHeldBack = false;
      const { goneLeaseIds, fenceAfterMs } = opened.welcome;
      goAway(goneLeaseIds);
      const isHoldingLeases = table.heldIds().length > 0;
      clock.begin(fenceAfterMs, opened.helloSentAt, isHoldingLeases);
      table.voidCredit();
      if (checkFence()) return;
      // What was accepted as the last stream broke may not have arrived.
      if (isHoldingLeases)
        opened.send({
          $case: "accept",
          value: { leaseIds: table.heldIds() },
        });
      beat();
      for (const [leaseId, body] of unsent) {
        unsent.delete(leaseId);
        report(leaseId, body);
      }
      delivery.open({
        artifacts: opened.artifacts,
        send: (results) =>
          opened.send({ $case: "results", value: { results } }),
      });
      if (isDraining) opened.send({ $case: "draining", value: {} });
      sendCredit();
    },
    receive(message) {
      switch (message.$case) {
        case "leases":
          take(message.value.leases);
          break;
        case "heartbeatReply":
          clock.answered(message.value.sequence);
          table.answered(message.value.sequence);
          goAway(message.value.goneLeaseIds);
          break;
        case "resultReplies":
          delivery.receive(message.value.replies);
          break;
        case "revocation":
          revoke(message.value.leaseIds, message.value.reason);
          break;
        case "drain":
          holdBack(message.value.isDraining);
          break;
        case "welcome":
          break;
      }
    },
    closed() {
      connection = null;
      delivery.close();
      table.voidCredit();
      onChange();
    },
    beat,
    checkFence,
    drain(finishWithinMs) {
      if (!isDraining) connection?.send({ $case: "draining", value: {} });
      isDraining = true;
      table.setAccepting(false);
      for (const run of runs.values()) {
        const remainingMs = ((now() - run.beganAt) * (1 - run.done)) / run.done;
        // NaN and Infinity: nothing is known yet.
        if (!(remainingMs <= finishWithinMs)) run.work.abort("yield");
      }
    },
    isIdle: () =>
      runs.size === 0 && unsent.size === 0 && delivery.count() === 0,
    failAll(error) {
      for (const [leaseId, run] of runs) {
        fail(leaseId, ShardFailure_Fault.FAULT_NODE, messageOf(error));
        run.lost.abort("stop");
        run.work.abort("stop");
      }
    },
    counts: () => ({ running: runs.size, finished, failed }),
  };
}

/** DESIGN, "Leases": what would fail anywhere is the input's fault, the rest may go better on another node. */
function faultOf(error: unknown): ShardFailure_Fault {
  if (!(error instanceof MotifError)) return ShardFailure_Fault.FAULT_NODE;
  switch (error.code) {
    case "model":
    case "dataset":
    case "usage":
    case "graph":
    case "diverged":
      return ShardFailure_Fault.FAULT_INPUT;
    case "backend":
    case "storage":
    case "cluster":
      return ShardFailure_Fault.FAULT_NODE;
  }
}

/** An error of Motif's own goes with its stack: a person has to report it. */
function messageOf(error: unknown): string {
  if (error instanceof MotifError) return error.message;
  return error instanceof Error
    ? (error.stack ?? error.message)
    : String(error);
}
