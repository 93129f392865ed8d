/** What a shard has of its own while it runs, and who runs it. */
import type { Backend } from "../engine/index.ts";
import type { ShardOutcome } from "./shard-outcome.ts";
import type { ShardWork } from "./shard-work.ts";

/** What a shard has of its own while it runs. */
export interface ShardContext {
  /** The node's own. */
  readonly backend: Backend;
  /** Empty, this shard's alone; the results' files are written here. */
  readonly workDirectory: string;
  /** Its reason is "stop" (leave at once) or "yield" (hand over a checkpoint, then leave). */
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** @param done 0…1, never falling */
  readonly onProgress: (done: number) => void;
  /** What an earlier attempt handed over. */
  readonly checkpointPath?: string;
  /** Given a file in the work folder every 20 s or so, and when it yields; the file stays as it is until this is through. */
  readonly onCheckpoint: (path: string) => Promise<void>;
}

export interface ShardRunner {
  /**
   * Any number at once.
   * @throws MotifError with the codes model, dataset, usage, graph and diverged for faults of the input, backend and storage
   * for faults of this node; the signal's reason when it is aborted
   */
  run(work: ShardWork, context: ShardContext): Promise<ShardOutcome>;
  /** Frees what is kept, once the shards that use it have ended. */
  close(): Promise<void>;
}
