/**
 * From the spool to a control plane: what a result names is uploaded, then the result is sent, again on every connection until
 * it has a verdict.
 */
import {
  ResultReply_Verdict,
  type Result,
  type ResultReply,
} from "@motif/proto";
import { status } from "@grpc/grpc-js";
import {
  isServiceError,
  uploadLacking,
  type ArtifactPeer,
  type UploadFile,
} from "./artifact-transfer.ts";
import { describeLoss } from "./connection.ts";
import type { NodeLog } from "./node-log.ts";
import { artifactsOf } from "./result-artifacts.ts";
import { isWhole, type ResultSpool } from "./result-spool.ts";

/** The stream of the moment. */
export interface DeliveryRoute {
  readonly artifacts: ArtifactPeer;
  send(results: readonly Result[]): void;
}

export interface ResultDelivery {
  /** Everything without a verdict is sent (again) on this route. */
  open(route: DeliveryRoute): void;
  close(): void;
  /** A result is in the spool. */
  add(result: Result): void;
  receive(replies: readonly ResultReply[]): void;
  /** Sends again what has had no verdict for long although the stream lives. */
  remind(): void;
  /** Results without a verdict. */
  count(): number;
}

interface Outgoing {
  readonly result: Result;
  readonly hasArtifacts: boolean;
  state: "waiting" | "uploading" | "sent";
  /** Times that it was refused or its upload failed. */
  setbacks: number;
  /** No sooner than this. */
  notBefore: number;
  sentAt: number;
}

const uploadsAtOnce = 4;
const resultsAtOnce = 256;
const remindAfterMs = 30_000;
const mostSetbackMs = 30_000;

/**
 * @param options.now milliseconds
 * @param options.isFenced asked before anything is sent
 * @param options.onSettled told once a result is stored or stale
 * @param options.onLost told that a result cannot be delivered because its files are gone from the spool
 * @param options.isSendingTwice for tests of faults: as if every result had been thought lost on its way
 */
export function newResultDelivery(options: {
  readonly spool: ResultSpool;
  readonly log: NodeLog;
  readonly now: () => number;
  readonly isFenced: () => boolean;
  readonly onSettled: (leaseId: string) => void;
  readonly onLost: (leaseId: string, message: string) => void;
  readonly isSendingTwice?: boolean;
}): ResultDelivery {
  const { spool, log, now, isFenced, onSettled, onLost } = options;
  const sendings = options.isSendingTwice === true ? 2 : 1;
  const outgoing = new Map<string, Outgoing>();
  let route: DeliveryRoute | null = null;
  let uploads = 0;
  let isScheduled = false;

  const put = (result: Result) =>
    outgoing.set(result.leaseId, {
      result,
      hasArtifacts: artifactsOf(result.result).length > 0,
      state: "waiting",
      setbacks: 0,
      notBefore: 0,
      sentAt: 0,
    });
  for (const result of spool.results()) put(result);

  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      pump();
    });
  };
  const forget = (leaseId: string) => {
    outgoing.delete(leaseId);
    void spool.settle(leaseId);
  };
  const setBack = (entry: Outgoing) => {
    const delayMs = Math.min(1_000 * 2 ** entry.setbacks, mostSetbackMs);
    entry.setbacks++;
    entry.state = "waiting";
    entry.notBefore = now() + delayMs;
    setTimeout(schedule, delayMs).unref();
  };
  const send = (entries: readonly Outgoing[]) => {
    if (!route || entries.length === 0) return;
    for (const entry of entries) {
      entry.state = "sent";
      entry.sentAt = now();
    }
    for (let i = 0; i < sendings; i++)
      route.send(entries.map(({ result }) => result));
  };

  const uploadAndSend = async (entry: Outgoing, by: DeliveryRoute) => {
    const { leaseId, shardId } = entry.result;
    const files: UploadFile[] = artifactsOf(entry.result.result).map(
      (artifact) => ({
        ...artifact,
        path: spool.artifactPath(artifact.sha256),
      }),
    );
    try {
      for (const { path, bytes } of files) {
        if (await isWhole(path, bytes)) continue;
        forget(leaseId);
        onLost(leaseId, `${path}: the result's file is gone or damaged.`);
        return;
      }
      await uploadLacking(by.artifacts, files, by.artifacts.signal);
      if (route !== by || outgoing.get(leaseId) !== entry || isFenced()) return;
      send([entry]);
    } catch (error) {
      // On another connection the attempt starts afresh.
      if (route !== by || outgoing.get(leaseId) !== entry) return;
      const isDamaged =
        isServiceError(error) && error.code === status.DATA_LOSS;
      if (isDamaged && entry.setbacks >= 2) {
        forget(leaseId);
        onLost(leaseId, `the result's files are damaged (${error.details}).`);
        return;
      }
      log.line("warn", "upload-failed", {
        lease: leaseId,
        shard: shardId,
        message: describeLoss(error),
      });
      setBack(entry);
    }
  };

  const pump = () => {
    if (!route || isFenced()) return;
    const at = now();
    let ready: Outgoing[] = [];
    for (const entry of outgoing.values()) {
      if (entry.state !== "waiting" || entry.notBefore > at) continue;
      if (!entry.hasArtifacts) {
        ready.push(entry);
        if (ready.length < resultsAtOnce) continue;
        send(ready);
        ready = [];
      } else if (uploads < uploadsAtOnce) {
        entry.state = "uploading";
        uploads++;
        void uploadAndSend(entry, route).finally(() => {
          uploads--;
          schedule();
        });
      }
    }
    send(ready);
  };

  return {
    open(next) {
      route = next;
      for (const entry of outgoing.values()) {
        entry.state = "waiting";
        entry.notBefore = 0;
      }
      schedule();
    },
    close() {
      route = null;
    },
    add(result) {
      put(result);
      schedule();
    },
    receive(replies) {
      for (const { leaseId, verdict, reason } of replies) {
        const entry = outgoing.get(leaseId);
        // A second verdict about the same result.
        if (!entry) continue;
        const lease = { lease: leaseId, shard: entry.result.shardId };
        switch (verdict) {
          case ResultReply_Verdict.VERDICT_STORED:
            log.line("debug", "result-stored", lease);
            forget(leaseId);
            onSettled(leaseId);
            break;
          case ResultReply_Verdict.VERDICT_STALE:
            log.line("warn", "result-stale", { ...lease, message: reason });
            forget(leaseId);
            onSettled(leaseId);
            break;
          default:
            log.line("warn", "result-incomplete", {
              ...lease,
              message: reason,
            });
            setBack(entry);
        }
      }
    },
    remind() {
      const before = now() - remindAfterMs;
      for (const entry of outgoing.values())
        if (entry.state === "sent" && entry.sentAt < before)
          entry.state = "waiting";
      schedule();
    },
    count: () => outgoing.size,
  };
}
