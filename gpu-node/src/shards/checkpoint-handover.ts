/**
 * Hands checkpoints of a shard over while it goes on: a file at a time, so that a slow control plane slows no search; when the
 * shard yields, the last one is waited for.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { SearchState } from "../search/run-searches.ts";
import { encodeCheckpoint, type KeptPattern } from "./shard-checkpoint.ts";
import type { ShardContext } from "./shard-context.ts";
import type { PatternOutcome } from "./shard-outcome.ts";

export interface CheckpointHandover {
  /**
   * Writes a checkpoint and hands it over, unless an earlier one is still on its way; waits only where the shard yields. Does
   * nothing where it is to stop: then nobody waits for a checkpoint any more.
   * @param patterns by position @param states of the searches under way, by position
   * @throws MotifError "storage" when it cannot be written; what handing over an earlier one failed with
   */
  keep(
    patterns: ReadonlyMap<number, PatternOutcome>,
    states: ReadonlyMap<number, SearchState>,
  ): Promise<void>;
  /** Waits for what is on its way. */
  settle(): Promise<void>;
}

/** @param key everything that the shard's bytes depend on */
export function newCheckpointHandover(
  key: string,
  context: ShardContext,
): CheckpointHandover {
  const { workDirectory, signal } = context;
  let written = 0;
  let underWay: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const throwFailure = () => {
    if (failure) throw failure.error;
  };
  const handOver = async (path: string) => {
    try {
      await context.onCheckpoint(path);
      await rm(path, { force: true });
    } catch (error) {
      failure ??= { error };
    } finally {
      underWay = undefined;
    }
  };
  const settle = async () => {
    await underWay;
    throwFailure();
  };

  return {
    async keep(patterns, states) {
      const isYielding = signal.aborted && signal.reason === "yield";
      if (signal.aborted && !isYielding) return;
      throwFailure();
      if (underWay && !isYielding) return;
      await underWay;
      const kept = await Promise.all(
        [...patterns].map(([position, pattern]) =>
          keepFiles(position, pattern),
        ),
      );
      const checkpoint = {
        patterns: kept,
        states: [...states].map(([position, state]) => ({ position, state })),
      };
      const path = join(workDirectory, `checkpoint-${written++}`);
      await writeFileAtomically(path, encodeCheckpoint(key, checkpoint));
      underWay = handOver(path);
      if (isYielding) await settle();
    },
    settle,
  };
}

async function keepFiles(
  position: number,
  { mask, canvas, pattern, heatmap, ...measured }: PatternOutcome,
): Promise<KeptPattern> {
  const files = {
    mask: await readFile(mask),
    canvas: await readFile(canvas),
    pattern: await readFile(pattern),
    heatmap: await readFile(heatmap),
  };
  return { position, measured, files };
}
