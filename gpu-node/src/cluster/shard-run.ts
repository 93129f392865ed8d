/** A lease's work from its files to its result: what it needs is fetched, the runner computes, what it leaves is described. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Lease } from "@motif/proto";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { ShardRunner } from "../shards/shard.ts";
import { uploadLacking, type ArtifactPeers } from "./artifact-transfer.ts";
import { describeLoss } from "./connection.ts";
import type { FinishedShard, LeasedRun } from "./conversation.ts";
import { storageError } from "./durable-file.ts";
import { describeFile } from "./file-digest.ts";
import type { NodeLog } from "./node-log.ts";
import { outcomeToWire } from "./outcome-to-wire.ts";
import type { ShardFiles } from "./shard-files.ts";
import { workFromWire } from "./work-from-wire.ts";

export interface ShardRun {
  /** @throws MotifError, or anything once the run's signal is aborted */
  work(run: LeasedRun): Promise<FinishedShard>;
  /** Removes what the work left in its folder; what the result needs was moved out before. */
  discard(lease: Lease): Promise<void>;
}

/** @param options.workDirectory holds a folder for each lease */
export function newShardRun(options: {
  readonly runner: ShardRunner;
  readonly backend: Backend;
  readonly files: ShardFiles;
  readonly peers: ArtifactPeers;
  readonly workDirectory: string;
  readonly now: () => number;
  readonly log: NodeLog;
}): ShardRun {
  const { runner, backend, files, peers, workDirectory, now, log } = options;

  /** Sends a checkpoint; one that does not arrive is made up for by the next. */
  const keepCheckpoint = async (run: LeasedRun, path: string) => {
    const peer = peers.current();
    if (!peer) return;
    try {
      const { sha256, bytes } = await describeFile(path);
      const mediaType = "application/octet-stream";
      await uploadLacking(peer, [{ path, sha256, bytes, mediaType }], run.lost);
      run.onCheckpoint(sha256);
    } catch (error) {
      if (run.lost.aborted) return;
      const { leaseId, shardId, jobId } = run.lease;
      log.line("warn", "checkpoint-not-kept", {
        job: jobId,
        shard: shardId,
        lease: leaseId,
        message: describeLoss(error),
      });
    }
  };

  const directoryOf = ({ leaseId }: Lease) => join(workDirectory, leaseId);

  const work = async (run: LeasedRun): Promise<FinishedShard> => {
    const { lease, signal } = run;
    const borrowed: { release(): void }[] = [];
    const borrow = async <Files>(
      asked: Promise<{ readonly files: Files; release(): void }>,
    ) => {
      const lent = await asked;
      borrowed.push(lent);
      return lent.files;
    };
    const directory = directoryOf(lease);
    try {
      const shard = await workFromWire(lease.spec, {
        model: (reference) => borrow(files.model(reference, signal)),
        dataset: (reference) => borrow(files.dataset(reference, signal)),
        roundCheckpoint: (sha256) =>
          borrow(files.roundCheckpoint(sha256, signal)),
        auditDocument: (wanted) => borrow(files.auditDocument(wanted, signal)),
      });
      const checkpoint = await files.checkpoint(lease.checkpointSha256, signal);
      if (checkpoint) borrowed.push(checkpoint);
      if (hasDirectory(lease))
        await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
          throw storageError(directory, "be made", cause);
        });
      const outcome = await runner.run(shard, {
        backend,
        workDirectory: directory,
        signal,
        now,
        onProgress: (done, standing) => run.onProgress(done, standing),
        onEpoch: (summary) => run.onEpoch(summary),
        onCheckpoint: (path) => keepCheckpoint(run, path),
        ...(checkpoint && { checkpointPath: checkpoint.files }),
      });
      return await outcomeToWire(outcome);
    } catch (error) {
      if (error instanceof MotifError || signal.aborted) throw error;
      throw isDiskFull(error)
        ? storageError(directory, "be written", error)
        : error;
    } finally {
      for (const lent of borrowed) lent.release();
    }
  };

  return {
    work,
    async discard(lease) {
      if (hasDirectory(lease))
        await rm(directoryOf(lease), { recursive: true, force: true });
    },
  };
}

/** Shards that do nothing come by the hundred a second, and write nothing. */
function hasDirectory(lease: Lease): boolean {
  return lease.spec?.kind?.$case !== "noop";
}

function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOSPC" || error.code === "EDQUOT")
  );
}
