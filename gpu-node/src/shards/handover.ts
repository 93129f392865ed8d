/** What a shard has done so far, handed over now and then, and when it yields: the next attempt goes on from there. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { ShardContext } from "./shard-context.ts";

/** How often what is done is handed over. */
const checkpointMs = 20_000;

export interface Handover<State> {
  /** Hands the state over where the last time was a while ago. */
  keep(state: State): Promise<void>;
  /** Hands the newest state over if it was not yet, and if the shard is asked to yield. */
  yield(): Promise<void>;
}

/** @param encode what the file holds: JSON or the like, small */
export function newHandover<State>(
  context: ShardContext,
  encode: (state: State) => string,
): Handover<State> {
  const { signal, workDirectory } = context;
  let lastMs = context.now();
  let unsent: State | undefined;
  let written = 0;
  const send = async () => {
    if (unsent === undefined) return;
    const path = join(workDirectory, `checkpoint-${written++}`);
    await writeFileAtomically(path, encode(unsent));
    unsent = undefined;
    await context.onCheckpoint(path);
    await rm(path, { force: true });
    lastMs = context.now();
  };
  return {
    async keep(state) {
      unsent = state;
      if (!signal.aborted && context.now() - lastMs >= checkpointMs)
        await send();
    },
    async yield() {
      if (signal.aborted && signal.reason === "yield") await send();
    },
  };
}
