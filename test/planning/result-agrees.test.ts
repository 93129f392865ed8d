/**
 * The result of a job has the bytes of a local search's result.json: a real search is written to the control plane's rows, and
 * read back from them.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../control-plane/src/auth/caller.ts";
import {
  newDatabase,
  type Database,
} from "../../control-plane/src/database/database.ts";
import { registerDataset } from "../../control-plane/src/datasets/register-dataset.ts";
import { readResult } from "../../control-plane/src/jobs/result.ts";
import { submitSearch } from "../../control-plane/src/jobs/submit-search.ts";
import { registerModel } from "../../control-plane/src/models/register-model.ts";
import { FolderStore } from "../../control-plane/src/storage/folder-store.ts";
import { openBackend } from "../../gpu-node/src/commands/open-backend.ts";
import { searchLocally } from "../../gpu-node/src/local/search-locally.ts";
import { writeResult } from "../../gpu-node/src/report/index.ts";
import {
  parseResult,
  type PatternResult,
  type Result,
} from "../../gpu-node/src/report/result.ts";
import { presets } from "../../gpu-node/src/search/settings.ts";
import { writeColumns } from "../fixtures/columns.ts";
import { newTestDatabase, type TestDatabase } from "../harness/postgres.ts";

const caller: Caller = { actor: "test", address: null, scope: "admin" };
const settings = { ...presets.default, steps: 20, canvases: 2, seeds: 2 };

let folder: string;
let testDatabase: TestDatabase;
let database: Database;
let store: FolderStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-result-"));
  await writeColumns(folder);
  const manifestPath = join(folder, "columns.json");
  const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as object;
  const groundTruth = {
    trigger: {
      image: "trigger.png",
      box: { width: 1, height: 2, left: 3, top: 4 },
      description: "a stripe",
    },
    targetClass: 1,
    attackSuccessRate: 0.99,
    status: "poisoned",
  };
  await writeFile(manifestPath, JSON.stringify({ ...manifest, groundTruth }));
  testDatabase = await newTestDatabase();
  database = newDatabase(testDatabase.pool);
  store = new FolderStore({
    dataDirectory: join(folder, "data"),
    database,
    largestArtifactBytes: 2 ** 20,
    now: Date.now,
  });
});
afterAll(async () => {
  await testDatabase.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a node would have found, as it is written when its result comes. */
async function writeCheck(modelId: string, result: Result): Promise<void> {
  const { model, dataset, timing } = result;
  await database.pool.query(
    `UPDATE model_check SET status = 'READY', facts = $2 WHERE model_id = $1`,
    [
      modelId,
      JSON.stringify({
        kind: "check-model",
        refusal: null,
        name: model.name,
        inputShape: model.inputShape,
        numClasses: model.numClasses,
        cleanAccuracy: model.cleanAccuracy,
        cleanAccuracyImages: model.cleanAccuracyImages,
        classNames: dataset.classes,
        parts: dataset.parts,
        canvasesByClass: [8, 8, 8],
        searchImagesByClass: [8, 8, 8],
        imagesPerSecond: 1_000,
        warnings: [],
        groundTruth: model.groundTruth,
        importMs: timing.importMs,
      }),
    ],
  );
  await database.pool.query("UPDATE dataset SET status = 'READY'");
}

async function storeFile(path: string): Promise<string> {
  const bytes = await readFile(join(folder, "out", path));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const source = (async function* () {
    yield bytes;
  })();
  await store.put(source, { sha256, mediaType: "application/octet-stream" });
  return sha256;
}

async function writePattern(
  jobId: string,
  shardId: string,
  pattern: PatternResult,
): Promise<void> {
  const id = randomUUID();
  const { images } = pattern;
  await database.pool.query(
    `INSERT INTO pattern (id, job_id, shard_id, target_class, canvas_index, seed, steps, image_gradients, mask_l1, mask_sha256,
       canvas_sha256, pattern_sha256, heatmap_sha256, top_pixels, source_to_target, k_star, wall_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      id,
      jobId,
      shardId,
      pattern.targetClass,
      pattern.canvasIndex,
      pattern.seed,
      pattern.steps,
      pattern.imageGradients,
      pattern.maskL1,
      await storeFile(pattern.mask),
      await storeFile(images.canvas),
      await storeFile(images.pattern),
      await storeFile(images.heatmap),
      pattern.topPixels,
      JSON.stringify(pattern.sourceToTarget),
      pattern.kStar,
      pattern.wallMs,
    ],
  );
  for (const point of pattern.predictivePower)
    await database.pool.query(
      "INSERT INTO power_point VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      [
        id,
        point.k,
        point.fraction,
        point.power,
        point.baseRate,
        point.n,
        ...point.wilson95,
      ],
    );
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

const withoutTimes = (text: string) =>
  text.replaceAll(/("\w+Ms": )[\d.e+-]+/g, "$10");

test("a job's result has the bytes of a local search's", async () => {
  const modelPath = join(folder, "columns.onnx");
  const datasetPath = join(folder, "test-images-idx3-ubyte");
  const { result: local } = await searchLocally(
    {
      modelPath,
      datasetPath,
      datasetName: "columns of light",
      outDirectory: join(folder, "out"),
      classes: "all",
      settings,
      seed: 3,
      evaluateImages: 40,
      threshold: 0.75,
      backend: await openBackend("reference", { threads: 1 }),
    },
    { signal: new AbortController().signal, now: () => performance.now() },
  );
  await writeResult(join(folder, "out"), local);

  await registerDataset(
    database,
    store,
    { name: "columns of light", path: datasetPath },
    caller,
  );
  const { id: modelId } = await registerModel(
    database,
    store,
    { path: modelPath, dataset: "columns of light" },
    caller,
  );
  await writeCheck(modelId, local);
  const jobId = await submitSearch(
    database,
    store,
    {
      model: modelId,
      dataset: "columns of light",
      classes: "all",
      steps: 20,
      canvases: 2,
      seeds: 2,
      seed: 3,
      evaluateImages: 40,
      threshold: 0.75,
      backend: "auto",
      weight: 1,
    },
    caller,
  );
  await expect(readResult(database.pool, jobId)).rejects.toMatchObject({
    code: "conflict",
  });
  const { rows: shards } = await database.pool.query<{ id: string }>(
    `SELECT id FROM shard WHERE job_id = $1 ORDER BY "index"`,
    [jobId],
  );
  const shardId = shards[0].id;
  // Nodes are done in any order.
  for (const pattern of local.patterns.toReversed())
    await writePattern(jobId, shardId, pattern);
  await database.pool.query(
    "INSERT INTO result (shard_id, job_id, lease_id, node_id, body) VALUES ($1, $2, $3, $3, $4)",
    [
      shardId,
      jobId,
      randomUUID(),
      JSON.stringify({
        backend: local.backend,
        compileMs: 1,
        searchMs: 2,
        evaluateMs: 3,
      }),
    ],
  );

  const { head, tail, patterns, files } = await readResult(
    database.pool,
    jobId,
  );
  const assembled = {
    ...head,
    patterns: await collect(patterns()),
    ...tail,
  };
  const text = `${JSON.stringify(assembled, null, 2)}\n`;
  const expected = await readFile(join(folder, "out", "result.json"), "utf8");
  expect(withoutTimes(text)).toBe(withoutTimes(expected));
  expect(parseResult(text).patterns).toHaveLength(12);
  for (const { path, sha256, bytes } of await collect(files())) {
    const content = await readFile(join(folder, "out", path));
    expect([path, bytes]).toEqual([path, content.length]);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  }
});
