/**
 * A shard of searches: what it needs is borrowed, every search runs as `searchPatterns` has it, and how far it has come is
 * handed over in one file every 20 s and when it yields.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../engine/index.ts";
import type { EvaluationImages } from "../evaluation/measure-power.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import { checkSettings } from "../search/settings.ts";
import { nameClasses } from "./class-names.ts";
import { compileSearch, type CompiledSearch } from "./compile-search.ts";
import { newCheckpointHandover } from "./checkpoint-handover.ts";
import type { OpenData, OpenInputs, OpenModel } from "./open-inputs.ts";
import type { OpenedCache } from "./opened-cache.ts";
import {
  openEvaluation,
  searchPatterns,
  workOf,
  type FoundPattern,
  type OpenSearch,
} from "./search-patterns.ts";
import {
  decodeCheckpoint,
  patternFiles,
  type KeptPattern,
  type ShardCheckpoint,
} from "./shard-checkpoint.ts";
import type { ShardContext } from "./shard-context.ts";
import type { PatternOutcome, SearchOutcome } from "./shard-outcome.ts";
import type { SearchWork } from "./shard-work.ts";

/** What shards of one runner share. */
export interface SearchResources {
  readonly inputs: OpenInputs;
  /** A shard's own while it runs. */
  readonly compiled: OpenedCache<CompiledSearch>;
  readonly evaluations: OpenedCache<EvaluationImages>;
}

/** @throws MotifError whatever is wrong with the work or this node; the signal's reason when aborted */
export async function runSearchShard(
  work: SearchWork,
  context: ShardContext,
  backend: Backend,
  { inputs, compiled, evaluations }: SearchResources,
): Promise<SearchOutcome> {
  const { settings, pack } = work;
  const { signal } = context;
  const now = () => context.now();
  checkSettings(settings);
  const borrowed: { release(): Promise<void> }[] = [];
  const keep = async <Lent extends { release(): Promise<void> }>(
    lending: Promise<Lent>,
  ) => {
    const lent = await lending;
    borrowed.push(lent);
    return lent;
  };
  try {
    const { value: model } = await keep(inputs.model(work.model, signal, now));
    const { classifier } = model;
    const { value: data } = await keep(
      inputs.data(work.dataset, classifier, signal),
    );
    nameClasses(classifier, data.dataset);
    const key = compileKey(model, backend, work);
    let mark = now();
    const machine = await keep(
      compiled.borrow(key, signal, async () => {
        const value = await compileSearch(classifier, backend, settings, pack);
        return { value, dispose: () => value.dispose() };
      }),
    );
    const compileMs = machine.wasOpen ? 0 : now() - mark;
    const { predictor } = machine.value;
    mark = now();
    const evaluation = await keep(
      evaluations.borrow(
        JSON.stringify([key, data.key, work.evaluateImages]),
        signal,
        async (openSignal) => ({
          value: await openEvaluation(
            data,
            predictor,
            work.evaluateImages,
            openSignal,
          ),
          dispose: async () => undefined,
        }),
      ),
    );
    const search: OpenSearch = {
      classifier,
      dataset: data.dataset,
      parts: data.parts,
      images: await data.images(),
      // Predictions outlive the data set that they were made of, which another shard's may have pushed out and closed.
      evaluation: { ...evaluation.value, dataset: data.dataset },
      compiled: machine.value,
      settings,
      pack,
      threshold: work.threshold,
      directory: context.workDirectory,
    };
    const checkMs = now() - mark;
    const workKey = contentKey(work, model, data, backend);
    const found = await runOpened(work, context, search, workKey);
    return {
      kind: "search",
      patterns: found.patterns,
      backend: {
        name: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      },
      compileMs,
      searchMs: found.searchMs,
      evaluateMs: checkMs + found.evaluateMs,
    };
  } finally {
    for (const lent of borrowed.reverse()) await lent.release();
  }
}

async function runOpened(
  work: SearchWork,
  context: ShardContext,
  search: OpenSearch,
  key: string,
): Promise<Pick<SearchOutcome, "patterns" | "searchMs" | "evaluateMs">> {
  const { signal, workDirectory } = context;
  const { searches } = work;
  const now = () => context.now();
  const earlier = await readCheckpoint(context.checkpointPath, key, search);
  const found = new Map<number, PatternOutcome>();
  for (const pattern of earlier.patterns)
    found.set(pattern.position, await restore(pattern, workDirectory));
  const states = new Map(
    earlier.states.map(({ position, state }) => [position, state]),
  );

  const total = searches.reduce((sum, each) => sum + workOf(each, search), 0);
  let done = 0;
  const onWork = (more: number) => {
    done += more;
    context.onProgress(Math.min(1, done / total));
  };
  for (const position of found.keys())
    onWork(workOf(searches[position], search));

  const positions = new Map(
    searches.map((identity, position) => [identity, position]),
  );
  const positionOf = (identity: SearchIdentity) => positions.get(identity)!;
  const handover = newCheckpointHandover(key, context);
  const remaining = searches.filter((_, position) => !found.has(position));
  const began = now();
  let evaluateMs = 0;
  const running = searchPatterns(remaining, search, {
    signal,
    evaluationSignal: signal,
    now,
    startOf: async (identity) => states.get(positionOf(identity)) ?? null,
    async onCheckpoint(underWay) {
      for (const { identity, state } of underWay)
        states.set(positionOf(identity), state);
      await handover.keep(found, states);
    },
    onWork,
  });
  for await (const pattern of running) {
    const position = positionOf(pattern.identity);
    found.set(position, toOutcome(pattern, workDirectory));
    states.delete(position);
    evaluateMs += pattern.evaluateMs;
  }
  await handover.settle();
  const searchMs = now() - began - evaluateMs;
  context.onProgress(1);
  return {
    patterns: searches.map((_, position) => found.get(position)!),
    searchMs,
    evaluateMs,
  };
}

/** What an earlier attempt left; nothing where there is none, or none to be trusted. */
async function readCheckpoint(
  path: string | undefined,
  key: string,
  { classifier, settings }: OpenSearch,
): Promise<ShardCheckpoint> {
  const nothing = { patterns: [], states: [] };
  if (path === undefined) return nothing;
  const bytes = await readFile(path).catch(() => null);
  const kept = bytes && decodeCheckpoint(bytes, key);
  if (!kept) return nothing;
  const [channels, height, width] = classifier.imageShape;
  const pixels = height * width;
  const isWhole = kept.states.every(
    ({ state }) =>
      state.step <= settings.steps &&
      state.mask.length === pixels &&
      state.canvas.length === channels * pixels,
  );
  return isWhole ? kept : nothing;
}

/** Writes a pattern's files into the work folder again. */
async function restore(
  { position, measured, files }: KeptPattern,
  workDirectory: string,
): Promise<PatternOutcome> {
  const folder = join(workDirectory, "restored");
  await mkdir(folder, { recursive: true });
  const paths = { mask: "", canvas: "", pattern: "", heatmap: "" };
  for (const name of patternFiles) {
    const ending = name === "mask" ? "npy" : "png";
    paths[name] = join(folder, `${position}-${name}.${ending}`);
    await writeFileAtomically(paths[name], files[name]);
  }
  return { ...measured, ...paths };
}

function toOutcome(
  { identity, pattern, trace }: FoundPattern,
  workDirectory: string,
): PatternOutcome {
  const { steps, imageGradients, maskL1, mask, images, topPixels } = pattern;
  const { predictivePower, sourceToTarget, kStar, wallMs } = pattern;
  return {
    identity,
    steps,
    imageGradients,
    maskL1,
    mask: join(workDirectory, mask),
    canvas: join(workDirectory, images.canvas),
    pattern: join(workDirectory, images.pattern),
    heatmap: join(workDirectory, images.heatmap),
    topPixels,
    predictivePower,
    sourceToTarget,
    kStar,
    wallMs,
    trace,
  };
}

function compileKey(
  model: OpenModel,
  { name, provider, threads }: Backend,
  { settings: { batchSize, alpha, canvasSource }, pack }: SearchWork,
): string {
  const isFree = canvasSource === "free";
  return JSON.stringify([
    model.key,
    [name, provider, threads],
    [pack, batchSize, alpha, isFree],
  ]);
}

/** Everything that the bytes of the shard's patterns depend on. */
function contentKey(
  { searches, settings, pack, evaluateImages, threshold, dataset }: SearchWork,
  model: OpenModel,
  data: OpenData,
  { name, provider }: Backend,
): string {
  const content = {
    model: model.key,
    dataset: [data.dataset.digest, dataset.split],
    settings,
    searches,
    pack,
    evaluateImages,
    threshold,
    backend: [name, provider],
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
