/**
 * result.json of a job, as a search on one machine writes it (gpu-node/src/local/search-locally.ts, report/result.ts): the same
 * fields in the same order, so that `JSON.stringify(result, null, 2)` has the same bytes apart from times. Patterns are read
 * and given away in pages; what is held of a job with thousands is their ids.
 */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { CheckModelResult } from "../shards/shard-result.ts";
import { parseClassList } from "./class-list.ts";
import type { JobKind, SearchParameters } from "./job.ts";
import { meanSeedOverlap } from "./seed-overlap.ts";
import { unknownJob } from "./read-jobs.ts";
import { orderGroundTruth } from "./ground-truth.ts";
import { pathsOf } from "./pattern-paths.ts";
import { readPatterns, type ResultPattern } from "./read-patterns.ts";

/** A file that belongs beside result.json. */
export interface ResultFile {
  /** Relative to the folder of result.json. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface JobResult {
  /** Everything in front of the patterns, in order. */
  readonly head: Readonly<Record<string, unknown>>;
  /** Everything behind. */
  readonly tail: Readonly<Record<string, unknown>>;
  /** Read as they are iterated, in the order of result.json. */
  readonly patterns: () => AsyncIterable<ResultPattern>;
  readonly files: () => AsyncIterable<ResultFile>;
}

interface Row {
  readonly kind: JobKind;
  readonly parameters: SearchParameters;
  readonly sha256: string;
  readonly dataset: string;
  readonly facts: CheckModelResult;
}

interface Times {
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly compile_ms: number;
  readonly search_ms: number;
  readonly evaluate_ms: number;
}

/** Patterns a read. */
const pageSize = 100;

/**
 * What there is of a search job now; more comes while it runs.
 * @throws ControlPlaneError "not-found", "conflict" where there is no pattern yet or the job is no search
 */
export async function readResult(
  client: Queryable,
  jobId: string,
): Promise<JobResult> {
  const { kind, parameters, sha256, dataset, facts } = await readJobRow(
    client,
    jobId,
  );
  if (kind !== "search")
    throw new ControlPlaneError(
      "conflict",
      `The job ${jobId} is of kind "${kind}": only a search has a result.`,
    );
  const ids = await readPatternIds(client, jobId);
  const times = await readTimes(client, jobId);
  if (ids.length === 0 || !times)
    throw new ControlPlaneError(
      "conflict",
      `The job ${jobId} has no pattern yet. Try again when its first shard has succeeded.`,
    );
  const [, height = 1, width = 1] = facts.inputShape;
  const { settings, seed, pack, evaluateImages, threshold } = parameters;
  const patterns = () => pages(ids, (page) => readPatterns(client, page));
  const { name, provider, threads } = times.backend;
  return {
    head: {
      schemaVersion: 1,
      model: {
        name: facts.name,
        sha256,
        inputShape: facts.inputShape,
        numClasses: facts.numClasses,
        cleanAccuracy: facts.cleanAccuracy,
        cleanAccuracyImages: facts.cleanAccuracyImages,
        seedOverlap:
          settings.seeds > 1
            ? await meanSeedOverlap(patterns(), height * width)
            : null,
        canvasSource: settings.canvasSource,
        groundTruth: orderGroundTruth(facts.groundTruth),
      },
      dataset: {
        name: dataset,
        classes: facts.classNames,
        parts: {
          canvas: facts.parts.canvas,
          search: facts.parts.search,
          evaluate: facts.parts.evaluate,
        },
      },
      config: {
        preset: settings.preset,
        steps: settings.steps,
        batchSize: settings.batchSize,
        alpha: settings.alpha,
        stepSize: settings.stepSize,
        initialMask: settings.initialMask,
        canvasStepSize: settings.canvasStepSize,
        canvasSource: settings.canvasSource,
        canvases: settings.canvases,
        seeds: settings.seeds,
        classes: parseClassList(parameters.classes, facts.numClasses),
        seed,
        pack,
        evaluateImages,
        threshold,
      },
      backend: { name, provider, threads },
    },
    tail: {
      plannedSearches: parameters.searches,
      timing: {
        importMs: facts.importMs,
        compileMs: times.compile_ms,
        searchMs: times.search_ms,
        evaluateMs: times.evaluate_ms,
      },
    },
    patterns,
    files: () => pages(ids, (page) => readFiles(client, page)),
  };
}

async function readJobRow(client: Queryable, id: string): Promise<Row> {
  const { rows } = await client.query<Row>(
    `SELECT job.kind, job.parameters, model.sha256, dataset.name AS dataset, model_check.facts
     FROM job
     LEFT JOIN model ON model.id = job.model_id
     LEFT JOIN dataset ON dataset.id = job.dataset_id
     LEFT JOIN model_check ON model_check.model_id = job.model_id AND model_check.dataset_id = job.dataset_id
     WHERE job.id = $1`,
    [id],
  );
  const [row] = rows;
  if (row) return row;
  throw unknownJob(id);
}

async function readPatternIds(
  client: Queryable,
  jobId: string,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM pattern WHERE job_id = $1
     ORDER BY target_class, canvas_index, seed`,
    [jobId],
  );
  return rows.map(({ id }) => id);
}

/** Sums over the shards; the backend is that of the first, as nodes may have different ones. */
async function readTimes(
  client: Queryable,
  jobId: string,
): Promise<Times | undefined> {
  const { rows } = await client.query<Times>(
    `SELECT (array_agg(result.body -> 'backend' ORDER BY shard."index"))[1] AS backend,
            sum((result.body ->> 'compileMs')::float8) AS compile_ms,
            sum((result.body ->> 'searchMs')::float8) AS search_ms,
            sum((result.body ->> 'evaluateMs')::float8) AS evaluate_ms
     FROM result JOIN shard ON shard.id = result.shard_id
     WHERE result.job_id = $1
     HAVING count(*) > 0`,
    [jobId],
  );
  return rows[0];
}

interface FileRow {
  readonly target_class: number;
  readonly canvas_index: number;
  readonly seed: number;
  readonly mask_sha256: string;
  readonly canvas_sha256: string;
  readonly pattern_sha256: string;
  readonly heatmap_sha256: string;
  readonly mask_bytes: string;
  readonly canvas_bytes: string;
  readonly pattern_bytes: string;
  readonly heatmap_bytes: string;
}

async function readFiles(
  client: Queryable,
  ids: readonly string[],
): Promise<readonly ResultFile[]> {
  const { rows } = await client.query<FileRow>(
    `SELECT target_class, canvas_index, seed, mask_sha256, canvas_sha256, pattern_sha256, heatmap_sha256,
            mask.bytes AS mask_bytes, canvas.bytes AS canvas_bytes, picture.bytes AS pattern_bytes, heatmap.bytes AS heatmap_bytes
     FROM pattern
     JOIN artifact AS mask ON mask.sha256 = mask_sha256
     JOIN artifact AS canvas ON canvas.sha256 = canvas_sha256
     JOIN artifact AS picture ON picture.sha256 = pattern_sha256
     JOIN artifact AS heatmap ON heatmap.sha256 = heatmap_sha256
     WHERE pattern.id = ANY ($1)
     ORDER BY target_class, canvas_index, seed`,
    [ids],
  );
  return rows.flatMap((row) => {
    const paths = pathsOf(row.target_class, row.canvas_index, row.seed);
    return [
      {
        path: paths.mask,
        sha256: row.mask_sha256,
        bytes: Number(row.mask_bytes),
      },
      {
        path: paths.canvas,
        sha256: row.canvas_sha256,
        bytes: Number(row.canvas_bytes),
      },
      {
        path: paths.pattern,
        sha256: row.pattern_sha256,
        bytes: Number(row.pattern_bytes),
      },
      {
        path: paths.heatmap,
        sha256: row.heatmap_sha256,
        bytes: Number(row.heatmap_bytes),
      },
    ];
  });
}

async function* pages<T>(
  ids: readonly string[],
  read: (page: readonly string[]) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  for (let first = 0; first < ids.length; first += pageSize)
    yield* await read(ids.slice(first, first + pageSize));
}
