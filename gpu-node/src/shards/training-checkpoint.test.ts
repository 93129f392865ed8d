import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TrainingState } from "../training/training-state.ts";
import { openCheckpoint } from "./training-checkpoint.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-checkpoint-"));
  path = join(folder, "model.onnx.checkpoint");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const facts = { epochs: 3, poison: null, seed: 0 };
const state: TrainingState = {
  step: 17,
  tensors: new Map([
    ["conv.weight", { shape: [3, 1], data: Float32Array.of(1.5, -2e-30, 3) }],
    ["conv.weight/velocity", { shape: [3, 1], data: Float32Array.of(4, 5, 6) }],
    ["count", { shape: [], data: Float32Array.of(-0) }],
  ]),
};

it("gives back exactly what was written", async () => {
  const checkpoint = openCheckpoint(path, facts);
  expect(await checkpoint.read()).toBeNull();
  await checkpoint.write(state);
  expect(await openCheckpoint(path, { ...facts }).read()).toEqual(state);
});

it("refuses to go on with a training of other facts, and names them", async () => {
  await openCheckpoint(path, facts).write(state);
  const other = openCheckpoint(path, { epochs: 4, poison: { rate: 1 } });
  await expect(other.read()).rejects.toThrow(
    /epochs was 3, now 4; poison was null, now \{"rate":1\}; seed was 0, now absent/,
  );
});

it.each([0, 3, 40, -1])(
  "starts again from a damaged file (cut or changed at %i)",
  async (place) => {
    const checkpoint = openCheckpoint(path, facts);
    await checkpoint.write(state);
    const bytes = await readFile(path);
    const damaged = place === 0 ? bytes.subarray(0, 30) : Buffer.from(bytes);
    if (place !== 0) damaged[(place + bytes.length) % bytes.length] ^= 1;
    await writeFile(path, damaged);
    expect(await checkpoint.read()).toBeNull();
  },
);
