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
import { readModel } from "../../control-plane/src/models/read-models.ts";
import { registerModel } from "../../control-plane/src/models/register-model.ts";
import { writeResults } from "../../control-plane/src/results/write-results.ts";
import type {
  ArtifactReference,
  CheckModelResult,
  Pattern,
  ShardResult,
} from "../../control-plane/src/shards/shard-result.ts";
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

/** What a node says of the model; the facts are the local search's. */
const checkOf = ({ model, dataset, timing }: Result): CheckModelResult => ({
  kind: "check-model",
  refusal: null,
  name: model.name,
  inputShape: model.inputShape,
  numClasses: model.numClasses,
  cleanAccuracy: model.cleanAccuracy!,
  cleanAccuracyImages: model.cleanAccuracyImages!,
  classNames: dataset.classes,
  parts: dataset.parts,
  canvasesByClass: [8, 8, 8],
  searchImagesByClass: [8, 8, 8],
  imagesPerSecond: 1_000,
  warnings: [],
  groundTruth: model.groundTruth,
  importMs: timing.importMs,
});

/** Written as by the lease operations, when a node sends it. */
async function accept(jobId: string, result: ShardResult): Promise<void> {
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT id FROM shard WHERE job_id = $1 ORDER BY "index" LIMIT 1`,
    [jobId],
  );
  await database.transaction((client) =>
    writeResults(client, [
      {
        jobId,
        shardId: rows[0].id,
        leaseId: randomUUID(),
        nodeId: randomUUID(),
        result,
      },
    ]),
  );
}

async function storeFile(path: string): Promise<ArtifactReference> {
  const bytes = await readFile(join(folder, "out", path));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const source = (async function* () {
    yield bytes;
  })();
  return store.put(source, { sha256, mediaType: "application/octet-stream" });
}

async function storePattern(entry: PatternResult): Promise<Pattern> {
  const { targetClass, canvasIndex, seed, images, mask, ...rest } = entry;
  return {
    identity: { targetClass, canvasIndex, seed },
    ...rest,
    trace: { steps: [1, 20], loss: [2, 1], maskL1: [32, 5] },
    mask: await storeFile(mask),
    canvas: await storeFile(images.canvas),
    pattern: await storeFile(images.pattern),
    heatmap: await storeFile(images.heatmap),
  };
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
  const { checks } = await readModel(database.pool, modelId);
  await accept(checks[0].jobId, checkOf(local));
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
  const found: Pattern[] = [];
  // Nodes are done in any order.
  for (const pattern of local.patterns.toReversed())
    found.push(await storePattern(pattern));
  await accept(jobId, {
    kind: "search",
    patterns: found,
    backend: local.backend,
    compileMs: 1,
    searchMs: 2,
    evaluateMs: 3,
  });

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
