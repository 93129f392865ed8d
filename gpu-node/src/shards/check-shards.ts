/** Small shards for the tests of this folder: models and data of `writeColumns`, computed by one backend. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { writeColumns } from "../../../test/fixtures/columns.ts";
import { onnxruntimeBackend, type Backend } from "../engine/index.ts";
import { presets } from "../search/settings.ts";
import {
  newShardRunner,
  type PatternOutcome,
  type SearchIdentity,
  type SearchOutcome,
  type SearchWork,
  type ShardContext,
  type ShardRunner,
} from "./shard.ts";

export const backend = onnxruntimeBackend({ threads: 1 });

export interface ShardBench {
  readonly folder: string;
  /** Work on the columns, a short one unless said otherwise. */
  searchWork(changes?: Partial<SearchWork>): SearchWork;
  /** A context with a fresh work folder. */
  context(changes?: Partial<ShardContext>): Promise<ShardContext>;
  newRunner(options?: { readonly mostCompiled?: number }): ShardRunner;
}

/** @returns a bench whose folder and runners go with the tests of this file */
export async function newShardBench(): Promise<ShardBench> {
  const folder = await mkdtemp(join(tmpdir(), "motif-shards-"));
  const runners: ShardRunner[] = [];
  afterAll(async () => {
    for (const runner of runners) await runner.close();
    await rm(folder, { recursive: true, force: true });
  });
  await writeColumns(folder);
  const modelPath = join(folder, "columns.onnx");
  const bytes = await readFile(modelPath);
  const model = {
    path: modelPath,
    manifestPath: join(folder, "columns.json"),
    name: "columns",
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  let folders = 0;
  return {
    folder,
    searchWork: (changes = {}) => ({
      kind: "search",
      model,
      dataset: { path: folder, name: "columns", split: null, digest: null },
      settings: { ...presets.default, steps: 30, canvases: 2, seeds: 1 },
      searches: identities(2),
      pack: 4,
      evaluateImages: 1000,
      threshold: 0.9,
      backend: "auto",
      ...changes,
    }),
    async context(changes = {}) {
      const workDirectory = join(folder, `work-${folders++}`);
      await mkdir(workDirectory);
      return {
        backend,
        workDirectory,
        signal: new AbortController().signal,
        now: () => performance.now(),
        onProgress: () => undefined,
        onCheckpoint: async () => undefined,
        ...changes,
      };
    },
    newRunner(options = {}) {
      const runner = newShardRunner({
        ...options,
        openBackend: async () => backend,
      });
      runners.push(runner);
      return runner;
    },
  };
}

/** Every class with its first `canvases` canvases, in the order of a local search. */
export const identities = (canvases: number): SearchIdentity[] =>
  [0, 1, 2].flatMap((targetClass) =>
    Array.from({ length: canvases }, (_, canvasIndex) => ({
      targetClass,
      canvasIndex,
      seed: 0,
    })),
  );

export async function search(
  runner: ShardRunner,
  work: SearchWork,
  context: ShardContext,
): Promise<SearchOutcome> {
  const outcome = await runner.run(work, context);
  if (outcome.kind !== "search")
    throw new Error(`a ${outcome.kind} came of it`);
  return outcome;
}

/** All of a pattern but times and places, its files' bytes in. */
export async function contentOf(pattern: PatternOutcome) {
  const { mask, canvas, pattern: kept, heatmap, wallMs: _, ...facts } = pattern;
  const files = await Promise.all(
    [mask, canvas, kept, heatmap].map((path) => readFile(path, "hex")),
  );
  return { ...facts, files };
}

/** A backend that tells of each run before it is made. */
export function watched(onRun: () => void | Promise<void>): Backend {
  return {
    ...backend,
    compile: async (graph) => {
      const executable = await backend.compile(graph);
      return {
        ...executable,
        async run(feeds) {
          await onRun();
          return executable.run(feeds);
        },
      };
    },
  };
}
