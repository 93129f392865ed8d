/**
 * What a local search keeps in its folder while it runs: each finished pattern, and where unfinished searches stand. It is
 * written before anything is said to be done, so that a run that was stopped, or died, goes on from there.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { PatternResult } from "../report/result.ts";
import type { SearchIdentity, SearchState } from "../search/run-searches.ts";
import { emptyTrace } from "../search/search-trace.ts";

export interface StoredPatterns {
  /** The finished pattern of a search, if it is there and its pictures are. */
  readPattern(identity: SearchIdentity): Promise<PatternResult | null>;
  /** Also removes the search's checkpoint. */
  writePattern(pattern: PatternResult): Promise<void>;
  readCheckpoint(identity: SearchIdentity): Promise<SearchState | null>;
  writeCheckpoint(identity: SearchIdentity, state: SearchState): Promise<void>;
}

/**
 * Makes the output folder and writes to it, before any work whose result could not be kept.
 * @throws MotifError "storage" when that fails
 */
export async function checkWritable(directory: string): Promise<void> {
  const probe = join(directory, "patterns", "write-check");
  await writeFileAtomically(probe, "");
  await rm(probe, { force: true });
}

/**
 * @param directory the folder of result.json, which `checkWritable` has made
 * @param facts everything that a pattern's bytes depend on, apart from class, canvas and seed
 * @throws MotifError "storage" when the folder cannot be written, or holds patterns that were searched otherwise
 */
export async function openStoredPatterns(
  directory: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<StoredPatterns> {
  const folder = join(directory, "patterns");
  const settingsPath = join(folder, "settings.json");
  const text = `${JSON.stringify(facts, null, 2)}\n`;
  if (existsSync(settingsPath)) {
    const earlier = await readFile(settingsPath, "utf8");
    if (earlier !== text)
      throw new MotifError(
        "storage",
        describeDifference(directory, earlier, facts),
      );
  } else {
    await writeFileAtomically(settingsPath, text);
  }
  const pathOf = (
    { targetClass, canvasIndex, seed }: SearchIdentity,
    ending: string,
  ) =>
    join(
      folder,
      `class-${String(targetClass).padStart(4, "0")}-canvas-${canvasIndex}-seed-${seed}.${ending}`,
    );
  return {
    async readPattern(identity) {
      const path = pathOf(identity, "json");
      if (!existsSync(path)) return null;
      try {
        const pattern = JSON.parse(
          await readFile(path, "utf8"),
        ) as PatternResult;
        const files = [
          pattern.mask,
          ...Object.values(pattern.images as unknown as Record<string, string>),
        ];
        return files.every((file) => existsSync(join(directory, file)))
          ? pattern
          : null;
      } catch {
        return null; // Damaged: it is searched again.
      }
    },
    async writePattern(pattern) {
      await writeFileAtomically(
        pathOf(pattern, "json"),
        `${JSON.stringify(pattern)}\n`,
      );
      await rm(pathOf(pattern, "checkpoint"), { force: true });
    },
    async readCheckpoint(identity) {
      const path = pathOf(identity, "checkpoint");
      return existsSync(path) ? decodeCheckpoint(await readFile(path)) : null;
    },
    writeCheckpoint: (identity, state) =>
      writeFileAtomically(
        pathOf(identity, "checkpoint"),
        encodeCheckpoint(state),
      ),
  };
}

function describeDifference(
  directory: string,
  earlier: string,
  facts: Readonly<Record<string, unknown>>,
): string {
  let differing = "its settings are damaged";
  try {
    const before = JSON.parse(earlier) as Record<string, unknown>;
    const names = [...new Set([...Object.keys(before), ...Object.keys(facts)])];
    const changed = names.filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(facts[name]),
    );
    const show = (value: unknown) => JSON.stringify(value) ?? "absent";
    differing = changed
      .map(
        (name) => `${name} was ${show(before[name])}, now ${show(facts[name])}`,
      )
      .join("; ");
  } catch {
    // The message says that they are damaged.
  }
  return `${directory} holds patterns of another search (${differing}). Choose another --out, or remove that folder.`;
}

/** SHA-256 of what follows, then step and the two lengths as uint32, loss as float64, mask and canvas as float32. */
function encodeCheckpoint({
  step,
  mask,
  canvas,
  loss,
}: SearchState): Uint8Array {
  const body = Buffer.alloc(20 + 4 * (mask.length + canvas.length));
  body.writeUInt32LE(step, 0);
  body.writeUInt32LE(mask.length, 4);
  body.writeUInt32LE(canvas.length, 8);
  body.writeDoubleLE(loss, 12);
  [...mask, ...canvas].forEach((value, i) =>
    body.writeFloatLE(value, 20 + 4 * i),
  );
  return Buffer.concat([createHash("sha256").update(body).digest(), body]);
}

/** @returns null when the bytes are damaged: the search then starts again */
function decodeCheckpoint(bytes: Buffer): SearchState | null {
  const body = bytes.subarray(32);
  if (
    bytes.length < 52 ||
    !createHash("sha256").update(body).digest().equals(bytes.subarray(0, 32))
  )
    return null;
  const maskLength = body.readUInt32LE(4);
  const canvasLength = body.readUInt32LE(8);
  const floats = (from: number, count: number) =>
    Float32Array.from({ length: count }, (_, i) =>
      body.readFloatLE(20 + 4 * (from + i)),
    );
  return {
    step: body.readUInt32LE(0),
    mask: floats(0, maskLength),
    canvas: floats(maskLength, canvasLength),
    loss: body.readDoubleLE(12),
    // result.json has no traces: a local search needs none to go on.
    trace: emptyTrace,
  };
}
