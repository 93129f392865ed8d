/**
 * Where a shard stands, in one file: the state of each of its searches that was begun, finished ones at their last step. It may
 * come from another machine and is believed only whole, and only for the searches it names.
 */
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { SearchIdentity, SearchState } from "../search/run-searches.ts";
import { decodeState, encodeState } from "./search-state.ts";

const entryHeadBytes = 16;

export interface ShardCheckpoint {
  stateOf(identity: SearchIdentity): SearchState | null;
  keep(identity: SearchIdentity, state: SearchState): void;
  write(path: string): Promise<void>;
}

/** @param path of an earlier attempt's; one that is damaged from some place on is used as far as it goes */
export async function openShardCheckpoint(
  path: string | undefined,
): Promise<ShardCheckpoint> {
  const states = new Map<string, Entry>();
  if (path !== undefined)
    for (const entry of decode(await readFile(path)))
      states.set(keyOf(entry.identity), entry);
  return {
    stateOf: (identity) => states.get(keyOf(identity))?.state ?? null,
    keep: (identity, state) =>
      void states.set(keyOf(identity), { identity, state }),
    write: (to) => writeFileAtomically(to, encode([...states.values()])),
  };
}

interface Entry {
  readonly identity: SearchIdentity;
  readonly state: SearchState;
}

const keyOf = ({ targetClass, canvasIndex, seed }: SearchIdentity) =>
  `${targetClass} ${canvasIndex} ${seed}`;

/** For each: class, canvas, seed and length as uint32, then the state with its digest. */
function encode(entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(({ identity, state }) => {
      const bytes = encodeState(state);
      const head = Buffer.alloc(entryHeadBytes);
      head.writeUInt32LE(identity.targetClass, 0);
      head.writeUInt32LE(identity.canvasIndex, 4);
      head.writeUInt32LE(identity.seed, 8);
      head.writeUInt32LE(bytes.length, 12);
      return [head, bytes];
    }),
  );
}

function decode(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + entryHeadBytes <= bytes.length;) {
    const identity = {
      targetClass: bytes.readUInt32LE(at),
      canvasIndex: bytes.readUInt32LE(at + 4),
      seed: bytes.readUInt32LE(at + 8),
    };
    const past = at + entryHeadBytes + bytes.readUInt32LE(at + 12);
    const state = decodeState(bytes.subarray(at + entryHeadBytes, past));
    if (state === null || past > bytes.length) break;
    entries.push({ identity, state });
    at = past;
  }
  return entries;
}
