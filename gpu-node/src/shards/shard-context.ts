/** What a shard has of its own while it runs. */
import type { Backend } from "../engine/index.ts";
import type { EpochSummary, TrainingStanding } from "../training/train.ts";

export interface ShardContext {
  /** The node's own. */
  readonly backend: Backend;
  /** Empty, this shard's alone; the results' files are written here. */
  readonly workDirectory: string;
  /** Its reason is "stop" (leave at once) or "yield" (hand over a checkpoint, then leave). */
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  now(): number;
  /** @param done 0…1, never falling @param standing of a shard that trains */
  onProgress(done: number, standing?: TrainingStanding): void;
  /** An epoch of a training has ended. */
  onEpoch?(summary: EpochSummary): void;
  /** What an earlier attempt handed over. */
  readonly checkpointPath?: string;
  /** Given a file in the work folder every 20 s or so, and when it yields; the file stays as it is until this is through. */
  onCheckpoint(path: string): Promise<void>;
}
