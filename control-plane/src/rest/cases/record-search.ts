/** Searches for tests of what is shown of them: submitted over REST, with results written by what writes those of nodes. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { Database } from "../../database/database.ts";
import type { JobView } from "../../jobs/job.ts";
import type { ModelView } from "../../models/read-models.ts";
import { settleJobs } from "../../leases/settle-jobs.ts";
import { writeResults } from "../../results/write-results.ts";
import type {
  ArtifactReference,
  SearchTrace,
} from "../../shards/shard-result.ts";
import type { SearchIdentity } from "../../shards/shard-spec.ts";

const demo = fileURLToPath(new URL("../../../../infra/demo/", import.meta.url));

/** As much of a control plane as is used here; it may be another process. */
export interface RestOfSearches {
  readonly url: string;
  readonly database: Database;
  /** JSON both ways. */
  request<T>(
    path: string,
    options?: { readonly method?: "GET" | "POST"; readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly body: T }>;
}

export const nodeName = "node-of-the-test";

/** Registers the demo's model under a name, and has it checked as a node would. @param shape [C, H, W] */
export async function registerCheckedModel(
  rest: RestOfSearches,
  name: string,
  {
    numClasses,
    shape = [1, 28, 28],
    manifest,
  }: {
    readonly numClasses: number;
    readonly shape?: readonly number[];
    readonly manifest?: object;
  },
): Promise<ModelView> {
  await post(rest, "/api/datasets", {
    name: "fashion",
    path: join(demo, "data"),
    split: "test",
  });
  const { id } = await post<ModelView>(rest, "/api/models", {
    name,
    path: join(demo, "models", "natural.onnx"),
    dataset: "fashion",
    ...(manifest && { manifest }),
  });
  const each = (count: number) => Array<number>(numClasses).fill(count);
  await rest.database.pool.query(
    "UPDATE model_check SET status = 'READY', facts = $2 WHERE model_id = $1",
    [
      id,
      JSON.stringify({
        kind: "check-model",
        refusal: null,
        name,
        inputShape: shape,
        numClasses,
        cleanAccuracy: 0.9,
        cleanAccuracyImages: 1_000,
        classNames: each(0).map((_, k) => `class ${k}`),
        parts: { canvas: 100, search: 200, evaluate: 700 },
        canvasesByClass: each(10),
        searchImagesByClass: each(20),
        imagesPerSecond: 5_000,
        warnings: [],
        groundTruth: null,
        importMs: 3,
      }),
    ],
  );
  await rest.database.pool.query(
    "UPDATE dataset SET status = 'READY', digest = 'd1'",
  );
  await rest.database.pool.query(
    `INSERT INTO gpu_node (id, name) SELECT gen_random_uuid(), $1 WHERE NOT EXISTS (SELECT FROM gpu_node WHERE name = $1)`,
    [nodeName],
  );
  const { body } = await rest.request<ModelView>(`/api/models/${id}`);
  return body;
}

export interface FoundPattern {
  readonly mask: ArtifactReference;
  readonly canvas: ArtifactReference;
  readonly topPixels: readonly number[];
  readonly kStar: number | null;
  readonly curve: readonly { readonly k: number; readonly power: number }[];
  readonly trace?: SearchTrace;
}

/** Submits a search. */
export const submitSearch = (
  rest: RestOfSearches,
  model: string,
  more: object = {},
): Promise<JobView> =>
  post<JobView>(rest, "/api/jobs", {
    kind: "search",
    model,
    dataset: "fashion",
    steps: 100,
    canvases: 1,
    pack: 2,
    ...more,
  });

/** Writes what nodes send of all shards of a job, and ends it. @param pixels of an image */
export async function finishSearch(
  rest: RestOfSearches,
  jobId: string,
  find: (identity: SearchIdentity) => FoundPattern,
  pixels = 28 * 28,
): Promise<void> {
  await rest.database.transaction(async (client) => {
    const { rows: shards } = await client.query<{
      id: string;
      node_id: string;
      searches: readonly SearchIdentity[];
    }>(
      `SELECT shard.id, gpu_node.id AS node_id, spec -> 'searches' AS searches FROM shard, gpu_node
       WHERE job_id = $1 AND name = $2 ORDER BY "index"`,
      [jobId, nodeName],
    );
    await writeResults(
      client,
      shards.map(({ id, node_id, searches }) => ({
        shardId: id,
        jobId,
        leaseId: randomUUID(),
        nodeId: node_id,
        result: {
          kind: "search",
          backend: { name: "onnxruntime", provider: "cpu", threads: 1 },
          compileMs: 1,
          searchMs: 2,
          evaluateMs: 3,
          patterns: searches.map((identity) => {
            const found = find(identity);
            return {
              identity,
              steps: 100,
              imageGradients: 400,
              maskL1: 12.345_678,
              mask: found.mask,
              canvas: found.canvas,
              pattern: found.canvas,
              heatmap: found.canvas,
              topPixels: found.topPixels,
              predictivePower: found.curve.map(({ k, power }) => ({
                k,
                fraction: k / pixels,
                power,
                baseRate: 0.012_345,
                n: 900,
                wilson95: [power / 2, (1 + power) / 2] as const,
              })),
              sourceToTarget: [{ sourceClass: 0, power: 0.5, n: 90 }],
              kStar: found.kStar,
              wallMs: 7,
              trace: found.trace ?? null,
            };
          }),
        },
      })),
    );
    await client.query(
      "UPDATE shard SET status = 'SUCCEEDED' WHERE job_id = $1",
      [jobId],
    );
    await settleJobs(client, [{ jobId, succeeded: shards.length, dead: 0 }]);
  });
}

/** Uploads bytes. */
export async function upload(
  rest: RestOfSearches,
  bytes: Uint8Array,
): Promise<ArtifactReference> {
  const response = await fetch(`${rest.url}/api/artifacts`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.from(bytes),
  });
  return (await response.json()) as ArtifactReference;
}

/** float32 .npy, version 1.0. */
export function encodeMask(
  values: readonly number[],
  [height, width]: readonly [number, number],
): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const bytes = Buffer.alloc(128 + values.length * 4);
  bytes.write("\x93NUMPY\x01\x00", "latin1");
  bytes.writeUInt16LE(118, 8);
  bytes.write(`${header.padEnd(117)}\n`, 10, "latin1");
  values.forEach((value, i) => bytes.writeFloatLE(value, 128 + i * 4));
  return bytes;
}

/** @param colors [H, W, 3] @param factor each pixel becomes a square of so many */
export function encodeCanvas(
  colors: Uint8Array,
  [height, width]: readonly [number, number],
  factor: number,
): Promise<Uint8Array> {
  return sharp(colors, { raw: { width, height, channels: 3 } })
    .ensureAlpha()
    .resize(width * factor, height * factor, { kernel: "nearest" })
    .png()
    .toBuffer();
}

async function post<T>(
  rest: RestOfSearches,
  path: string,
  body: object,
): Promise<T> {
  const answer = await rest.request<T>(path, { method: "POST", body });
  if (answer.status >= 300)
    throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
