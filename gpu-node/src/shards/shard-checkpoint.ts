/**
 * How far a shard of searches has come, as one file: finished patterns with the bytes of their files, and the states of the
 * searches under way. Any process goes on from it to the same bytes.
 *
 *     SHA-256 of all that follows
 *     "MOTIFSHD", version (uint32), length of the facts (uint32), little-endian
 *     facts             JSON: what the bytes depend on, patterns, states, and the lengths of what follows
 *     bytes             the files of each pattern, then mask and canvas of each state as float32
 */
import { createHash } from "node:crypto";
import type { SearchState } from "../search/run-searches.ts";
import type { SearchTrace } from "../search/search-trace.ts";
import type { PatternOutcome } from "./shard-outcome.ts";

/** Goes up when the content would be understood differently. */
const version = 2;
const magic = "MOTIFSHD";
const hashBytes = 32;
const headerBytes = hashBytes + 16;

export const patternFiles = ["mask", "canvas", "pattern", "heatmap"] as const;
export type PatternFile = (typeof patternFiles)[number];

export interface KeptPattern {
  /** Position among the shard's searches. */
  readonly position: number;
  readonly measured: Omit<PatternOutcome, PatternFile>;
  readonly files: Readonly<Record<PatternFile, Uint8Array>>;
}

export interface KeptState {
  readonly position: number;
  readonly state: SearchState;
}

export interface ShardCheckpoint {
  readonly patterns: readonly KeptPattern[];
  readonly states: readonly KeptState[];
}

interface Facts {
  readonly key: string;
  readonly patterns: readonly {
    readonly position: number;
    readonly measured: Omit<PatternOutcome, PatternFile>;
    /** In the order of `patternFiles`. */
    readonly bytes: readonly number[];
  }[];
  readonly states: readonly {
    readonly position: number;
    readonly step: number;
    /** Null before the first step. */
    readonly loss: number | null;
    readonly trace: SearchTrace;
    readonly maskLength: number;
    readonly canvasLength: number;
  }[];
}

/** @param key everything that the shard's bytes depend on */
export function encodeCheckpoint(
  key: string,
  { patterns, states }: ShardCheckpoint,
): Uint8Array {
  const facts: Facts = {
    key,
    patterns: patterns.map(({ position, measured, files }) => ({
      position,
      measured,
      bytes: patternFiles.map((name) => files[name].length),
    })),
    states: states.map(({ position, state }) => ({
      position,
      step: state.step,
      loss: Number.isNaN(state.loss) ? null : state.loss,
      trace: state.trace,
      maskLength: state.mask.length,
      canvasLength: state.canvas.length,
    })),
  };
  const json = Buffer.from(JSON.stringify(facts));
  const header = Buffer.alloc(16);
  header.write(magic, "latin1");
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(json.length, 12);
  const pieces = [
    header,
    json,
    ...patterns.flatMap(({ files }) => patternFiles.map((name) => files[name])),
    ...states.flatMap(({ state }) => [
      encodeFloats(state.mask),
      encodeFloats(state.canvas),
    ]),
  ];
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return Buffer.concat([hash.digest(), ...pieces]);
}

/** @returns null when it is damaged, of another version or of other work: the shard then starts again */
export function decodeCheckpoint(
  bytes: Buffer,
  key: string,
): ShardCheckpoint | null {
  if (bytes.length < headerBytes) return null;
  const body = bytes.subarray(hashBytes);
  const hash = createHash("sha256").update(body).digest();
  if (!hash.equals(bytes.subarray(0, hashBytes))) return null;
  if (body.toString("latin1", 0, 8) !== magic) return null;
  if (body.readUInt32LE(8) !== version) return null;
  let at = 16;
  const take = (length: number) => {
    at += length;
    return body.subarray(at - length, at);
  };
  const facts = JSON.parse(
    take(body.readUInt32LE(12)).toString("utf8"),
  ) as Facts;
  if (facts.key !== key) return null;
  const patterns = facts.patterns.map(({ position, measured, bytes }) => {
    const [mask, canvas, pattern, heatmap] = bytes.map(take);
    return { position, measured, files: { mask, canvas, pattern, heatmap } };
  });
  const states = facts.states.map(
    ({ position, step, loss, trace, ...lengths }) => ({
      position,
      state: {
        step,
        loss: loss ?? NaN,
        trace,
        mask: decodeFloats(take(4 * lengths.maskLength)),
        canvas: decodeFloats(take(4 * lengths.canvasLength)),
      },
    }),
  );
  return { patterns, states };
}

function encodeFloats(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes;
}

function decodeFloats(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) =>
    bytes.readFloatLE(4 * i),
  );
}
