/** Where an unfinished training stands, in a file beside the model that it will become. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
} from "../training/safetensors.ts";
import type {
  NamedTensors,
  TrainingState,
} from "../training/training-state.ts";

/** Everything that a training's bytes depend on. */
export type TrainingFacts = Readonly<Record<string, unknown>>;

export interface CheckpointFile {
  /** @returns null when there is none, or its bytes are damaged: the training then starts again */
  read(): Promise<TrainingState | null>;
  write(state: TrainingState): Promise<void>;
}

/**
 * @param path of the checkpoint
 * @throws MotifError "storage", from `read`, when it is of a training with other facts
 */
export function openCheckpoint(
  path: string,
  facts: TrainingFacts,
): CheckpointFile {
  return {
    async read() {
      if (!existsSync(path)) return null;
      const decoded = decode(await readFile(path));
      if (!decoded) return null;
      const changed = differing(decoded.facts, facts);
      if (changed.length > 0) {
        throw new MotifError(
          "storage",
          `${path}: it is of another training, which was stopped (${changed.join("; ")}). Remove it, or choose another --out.`,
        );
      }
      return decoded.state;
    },
    write: (state) => writeFileAtomically(path, encode(facts, state)),
  };
}

function differing(before: TrainingFacts, now: TrainingFacts): string[] {
  const show = (value: unknown) => JSON.stringify(value) ?? "absent";
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => show(before[name]) !== show(now[name]))
    .map((name) => `${name} was ${show(before[name])}, now ${show(now[name])}`);
}

/** safetensors whose metadata say what the training is, how far it has come, and the digest of all of it. */
function encode(given: TrainingFacts, state: TrainingState): Uint8Array {
  const facts = JSON.stringify(given);
  const step = String(state.step);
  const sha256 = digestOf(facts, step, state.tensors);
  return encodeSafetensors({
    metadata: { facts, step, sha256 },
    tensors: state.tensors,
  });
}

function decode(
  bytes: Uint8Array,
): { readonly facts: TrainingFacts; readonly state: TrainingState } | null {
  try {
    const { metadata, tensors } = decodeSafetensors(bytes);
    const { facts, step, sha256 } = metadata;
    if (sha256 !== digestOf(facts, step, tensors)) return null;
    return {
      facts: JSON.parse(facts) as TrainingFacts,
      state: { step: Number(step), tensors },
    };
  } catch {
    return null;
  }
}

function digestOf(facts: string, step: string, tensors: NamedTensors): string {
  const hash = createHash("sha256").update(`${step} ${facts}\n`);
  for (const [name, { data }] of tensors)
    hash
      .update(`${name} ${data.length}\n`)
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}
