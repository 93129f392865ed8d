/** Shards have the bytes of a search in one piece, however it was cut up, stopped and taken up again. */
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeColumns } from "../../../test/fixtures/columns.ts";
import { onnxruntimeBackend } from "../engine/index.ts";
import { presets } from "../search/settings.ts";
import {
  newShardRunner,
  type SearchIdentity,
  type SearchOutcome,
  type SearchWork,
  type ShardContext,
} from "./shard.ts";

const backend = onnxruntimeBackend({ threads: 1 });
const runner = newShardRunner({
  openBackend: () => Promise.reject(new Error("no other is asked for")),
});
let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-shards-"));
  await writeColumns(folder);
});
afterAll(async () => {
  await runner.close();
  await rm(folder, { recursive: true, force: true });
});

const files = () => ({
  model: {
    path: join(folder, "columns.onnx"),
    manifestPath: join(folder, "columns.json"),
    name: "columns",
    sha256: "of columns.onnx",
  },
  dataset: { path: folder, name: "columns", split: null, digest: null },
});

const searches: readonly SearchIdentity[] = [0, 1, 2].flatMap((targetClass) =>
  [0, 1].map((canvasIndex) => ({ targetClass, canvasIndex, seed: 0 })),
);
const work = (some: readonly SearchIdentity[]): SearchWork => ({
  kind: "search",
  ...files(),
  settings: { ...presets.default, steps: 60 },
  searches: some,
  pack: 2,
  evaluateImages: 60,
  threshold: 0.9,
  backend: "auto",
});

async function newContext(
  changes: Partial<ShardContext> = {},
): Promise<ShardContext> {
  const workDirectory = join(folder, `work-${count++}`);
  await mkdir(workDirectory);
  return {
    ...{ backend, workDirectory, now: () => performance.now() },
    signal: new AbortController().signal,
    onProgress: () => {},
    onCheckpoint: async () => {},
    ...changes,
  };
}

/** What a search leaves, apart from times and places. */
async function facts(outcome: SearchOutcome) {
  return Promise.all(
    outcome.patterns.map(async ({ wallMs: _, ...pattern }) => ({
      ...pattern,
      mask: await readFile(pattern.mask, "hex"),
      canvas: await readFile(pattern.canvas, "hex"),
      pattern: await readFile(pattern.pattern, "hex"),
      heatmap: await readFile(pattern.heatmap, "hex"),
    })),
  );
}

const run = async (some: readonly SearchIdentity[], context?: ShardContext) =>
  (await runner.run(
    work(some),
    context ?? (await newContext()),
  )) as SearchOutcome;

it("gives the same bytes in one shard, in several, and in another order", async () => {
  const shares: number[] = [];
  const onProgress = (done: number) => void shares.push(done);
  const whole = await facts(
    await run(searches, await newContext({ onProgress })),
  );
  expect(whole.map(({ identity }) => identity)).toEqual(searches);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBeCloseTo(1);
  const cut = await Promise.all([
    run(searches.slice(0, 1)).then(facts),
    run(searches.slice(1, 4)).then(facts),
    run(searches.slice(4).toReversed()).then(facts),
  ]);
  cut[2].reverse();
  expect(cut.flat()).toEqual(whole);
});

it("goes on from the checkpoint of a stopped attempt, to the same bytes", async () => {
  const whole = await facts(await run(searches));
  const stop = new AbortController();
  const kept: string[] = [];
  const context = await newContext({
    signal: stop.signal,
    // In the third search or so: some are done, some under way, some not begun.
    onProgress: (done) => {
      if (done > 0.5) stop.abort("yield");
    },
    onCheckpoint: async (path) => {
      const copy = join(folder, `checkpoint-${kept.length}`);
      await copyFile(path, copy);
      kept.push(copy);
    },
  });
  await expect(run(searches, context)).rejects.toBe("yield");
  const begun: number[] = [];
  const resumed = await run(
    searches,
    await newContext({
      checkpointPath: kept.at(-1)!,
      onProgress: (done) => void begun.push(done),
    }),
  );
  expect(begun[0]).toBeGreaterThan(0.2);
  expect(await facts(resumed)).toEqual(whole);

  const damaged = join(folder, "damaged");
  const bytes = await readFile(kept.at(-1)!);
  await writeFile(damaged, bytes.subarray(0, bytes.length - 9));
  const again = await run(
    searches,
    await newContext({ checkpointPath: damaged }),
  );
  expect(await facts(again)).toEqual(whole);
});

it("checks a model, and says why it is refused", async () => {
  const check = { kind: "check-model", ...files(), backend: "auto" } as const;
  expect(await runner.run(check, await newContext())).toMatchObject({
    refusal: null,
    name: "columns",
    inputShape: [1, 8, 8],
    cleanAccuracy: 1,
    cleanAccuracyImages: 120,
    canvasesByClass: [8, 8, 8],
    searchImagesByClass: [8, 8, 8],
    parts: { canvas: 24, search: 24, evaluate: 72 },
  });
  const manifestPath = join(folder, "wrong.json");
  await writeFile(manifestPath, JSON.stringify({ declaredAccuracy: 0.5 }));
  const wrong = { ...check, model: { ...check.model, manifestPath } };
  expect(await runner.run(wrong, await newContext())).toMatchObject({
    refusal: expect.stringContaining("declared accuracy 50.00%") as string,
  });
});

it("inspects a data set, refuses what is none, and what is another than was registered", async () => {
  const { dataset } = files();
  const inspected = await runner.run(
    { kind: "inspect-dataset", dataset },
    await newContext(),
  );
  expect(inspected).toMatchObject({
    ...{ refusal: null, format: "IDX", images: 120 },
    classNames: ["0", "1", "2"],
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  const missing = { ...dataset, path: join(folder, "nowhere") };
  expect(
    await runner.run(
      { kind: "inspect-dataset", dataset: missing },
      await newContext(),
    ),
  ).toMatchObject({ refusal: expect.stringContaining("nowhere") as string });
  const other = { ...work(searches), dataset: { ...dataset, digest: "0" } };
  await expect(runner.run(other, await newContext())).rejects.toMatchObject({
    code: "dataset",
    message: expect.stringContaining("not the content") as string,
  });
});

it("does nothing for as long as it is asked to, and stops when told", async () => {
  const noop = { kind: "noop", waitMs: 0 } as const;
  expect(await runner.run(noop, await newContext())).toEqual({ kind: "noop" });
  const stop = new AbortController();
  const waiting = runner.run(
    { kind: "noop", waitMs: 60_000 },
    await newContext({ signal: stop.signal }),
  );
  stop.abort("stop");
  await expect(waiting).rejects.toBe("stop");
});
