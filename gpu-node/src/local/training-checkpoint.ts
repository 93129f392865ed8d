/** Where an unfinished training stands, in a file beside the model that it will become. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { TrainingState } from "../training/train.ts";

/** Everything that a training's bytes depend on. */
export type TrainingFacts = Readonly<Record<string, unknown>>;

export interface CheckpointFile {
  /** @returns null when there is none, or its bytes are damaged: the training then starts again */
  read(): Promise<TrainingState | null>;
  write(state: TrainingState): Promise<void>;
  remove(): Promise<void>;
}

interface Header {
  readonly facts: TrainingFacts;
  readonly step: number;
  /** Floats in each weight; the velocities have the same. */
  readonly lengths: readonly number[];
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
    remove: () => rm(path, { force: true }),
  };
}

function differing(before: TrainingFacts, now: TrainingFacts): string[] {
  const show = (value: unknown) => JSON.stringify(value) ?? "absent";
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => show(before[name]) !== show(now[name]))
    .map((name) => `${name} was ${show(before[name])}, now ${show(now[name])}`);
}

/** SHA-256 of what follows, the header's length as uint32, the header as JSON, weights and velocities as float32. */
function encode(facts: TrainingFacts, state: TrainingState): Uint8Array {
  const header: Header = {
    facts,
    step: state.step,
    lengths: state.weights.map(({ length }) => length),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const arrays = [...state.weights, ...state.velocities].map((array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  );
  const body = Buffer.concat([length, text, ...arrays]);
  return Buffer.concat([createHash("sha256").update(body).digest(), body]);
}

function decode(
  bytes: Buffer,
): { readonly facts: TrainingFacts; readonly state: TrainingState } | null {
  const body = bytes.subarray(32);
  const digest = createHash("sha256").update(body).digest();
  if (body.length < 4 || !digest.equals(bytes.subarray(0, 32))) return null;
  const past = 4 + body.readUInt32LE(0);
  const { facts, step, lengths } = JSON.parse(
    body.toString("utf8", 4, past),
  ) as Header;
  let at = past;
  const next = (length: number) => {
    const array = new Float32Array(length);
    for (let i = 0; i < length; i++, at += 4) array[i] = body.readFloatLE(at);
    return array;
  };
  return {
    facts,
    state: {
      step,
      weights: lengths.map(next),
      velocities: lengths.map(next),
    },
  };
}
