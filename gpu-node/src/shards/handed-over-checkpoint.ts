/** A training's checkpoints as its shard's: read from what an earlier attempt handed over, written for the next one. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MotifError } from "../motif-error.ts";
import type { ShardContext } from "./shard-context.ts";
import {
  openCheckpoint,
  type CheckpointFile,
  type TrainingFacts,
} from "./training-checkpoint.ts";

/** What another machine computed with is no reason to begin anew. */
const ownOfMachine = ["backend", "provider", "threads"];

export const withoutMachine = (facts: TrainingFacts): TrainingFacts =>
  Object.fromEntries(
    Object.entries(facts).filter(([name]) => !ownOfMachine.includes(name)),
  );

/** @param facts of the training; what is handed over of another is as if there were nothing */
export function handedOver(
  facts: TrainingFacts,
  context: ShardContext,
): Pick<CheckpointFile, "read" | "write"> {
  const shared = withoutMachine(facts);
  let written = 0;
  return {
    async read() {
      const { checkpointPath } = context;
      if (checkpointPath === undefined) return null;
      return openCheckpoint(checkpointPath, shared)
        .read()
        .catch((error: unknown) => {
          // Of another recipe or data set: better to begin anew than never to be done.
          if (error instanceof MotifError && error.code === "storage")
            return null;
          throw error;
        });
    },
    async write(state) {
      const { signal, workDirectory } = context;
      if (signal.aborted && signal.reason !== "yield") return;
      const path = join(workDirectory, `checkpoint-${written++}`);
      await openCheckpoint(path, shared).write(state);
      await context.onCheckpoint(path);
      await rm(path, { force: true });
    },
  };
}
