/** Data sets, models and artifacts: registered, uploaded, refused. Nodes are not needed: what they find out is written as they would. */
import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DatasetDetail, DatasetView } from "../datasets/read-datasets.ts";
import type { ModelView } from "../models/read-models.ts";
import { findMissingArtifacts } from "../results/find-missing-artifacts.ts";
import { writeResults } from "../results/write-results.ts";
import type { ShardResult } from "../shards/shard-result.ts";
import {
  startRest,
  type RestAnswer,
  type RunningRest,
} from "./cases/start-rest.ts";
import {
  dataset as datasetSchema,
  datasetDetail,
  model as modelSchema,
} from "./registration-schemas.ts";

const demo = fileURLToPath(new URL("../../../infra/demo/", import.meta.url));

let rest: RunningRest;
/** A copy of the demo's files, to be moved and damaged. */
let folder: string;
beforeAll(async () => {
  rest = await startRest();
  folder = join(rest.directory, "demo");
  await cp(demo, folder, { recursive: true });
});
afterAll(() => rest.close());

const post = <T>(path: string, body: unknown): Promise<RestAnswer<T>> =>
  rest.request<T>(path, { method: "POST", body });

const sha256Of = (bytes: Uint8Array | string) =>
  createHash("sha256").update(bytes).digest("hex");

async function upload(
  bytes: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<RestAnswer<{ sha256: string; bytes: number; detail: string }>> {
  const response = await fetch(`${rest.url}/api/artifacts`, {
    method: "POST",
    headers,
    body: bytes as string,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as {
      sha256: string;
      bytes: number;
      detail: string;
    },
  };
}

const readDataset = async (name: string) =>
  (await rest.request<DatasetView>(`/api/datasets/${encodeURIComponent(name)}`))
    .body;

const specOf = async (jobId: string | null) => {
  const { rows } = await rest.database.pool.query<{
    spec: Record<string, unknown>;
  }>("SELECT spec FROM shard WHERE job_id = $1", [jobId]);
  expect(rows).toHaveLength(1);
  return rows[0]!.spec;
};

const settle = (table: string, status: string, problem: string | null) =>
  rest.database.pool.query(`UPDATE ${table} SET status = $1, problem = $2`, [
    status,
    problem,
  ]);

describe("artifacts", () => {
  const bytes = Buffer.from("0123456789");
  const sha256 = sha256Of(bytes);
  const read = (headers: Record<string, string> = {}, method = "GET") =>
    fetch(`${rest.url}/api/artifacts/${sha256}`, { method, headers });

  test("are stored under their digest, and served whole, in ranges and not at all when they are known", async () => {
    expect(await upload(bytes, { "x-sha256": sha256 })).toMatchObject({
      status: 201,
      body: { sha256, bytes: 10 },
    });
    expect((await upload(bytes)).body).toEqual({ sha256, bytes: 10 });
    const whole = await read();
    expect(whole.status).toBe(200);
    expect(await whole.text()).toBe("0123456789");
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      etag: `"${sha256}"`,
      "content-length": "10",
      "accept-ranges": "bytes",
      "cache-control": expect.stringContaining("immutable") as string,
      "x-content-type-options": "nosniff",
    });
    for (const [range, text, contentRange] of [
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=7-", "789", "bytes 7-9/10"],
      ["bytes=-2", "89", "bytes 8-9/10"],
      ["bytes=5-500", "56789", "bytes 5-9/10"],
    ] as const) {
      const part = await read({ range });
      expect([part.status, await part.text()]).toEqual([206, text]);
      expect(part.headers.get("content-range")).toBe(contentRange);
    }
    const beyond = await read({ range: "bytes=10-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([
      416,
      "bytes */10",
    ]);
    const known = await read({ "if-none-match": `"${sha256}"` });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const other = await read({ range: "bytes=2-4", "if-range": '"other"' });
    expect([other.status, await other.text()]).toEqual([200, "0123456789"]);
    const head = await read({}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-length")).toBe("10");
  });

  test("that are JSON or pages are bytes like all others", async () => {
    for (const [type, text] of [
      ["application/json", '{"a": 1}'],
      ["text/html", "<script>alert(1)</script>"],
      ["application/x-www-form-urlencoded", "a=1"],
    ] as const) {
      const stored = await upload(text, { "content-type": type });
      expect(stored.body).toEqual({
        sha256: sha256Of(text),
        bytes: text.length,
      });
      const { headers } = await fetch(
        `${rest.url}/api/artifacts/${stored.body.sha256}`,
      );
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("content-security-policy")).toContain("sandbox");
    }
  });

  test("with another digest, too large, or unknown are refused", async () => {
    expect(await upload("other bytes", { "x-sha256": sha256 })).toMatchObject({
      status: 422,
      body: { code: "corrupt" },
    });
    expect(await upload("x", { "x-sha256": "abc" })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("x-sha256") as string },
    });
    const large = Buffer.alloc(2 ** 20 + 1);
    expect(await upload(large)).toMatchObject({
      status: 413,
      body: { code: "too-large" },
    });
    for (const unknown of [sha256Of("unknown"), "abc", "..%2f..%2fetc"])
      expect(await rest.request(`/api/artifacts/${unknown}`)).toMatchObject({
        status: 404,
        body: { code: "not-found" },
      });
  });
});

describe("data sets", () => {
  test("by the path of an IDX file: a pair of files, inspected by a job of one shard", async () => {
    const path = join(folder, "data", "t10k-images-idx3-ubyte.gz");
    const { status, body } = await post<DatasetView>("/api/datasets", {
      name: "fashion test",
      path,
    });
    expect(status).toBe(201);
    expect(datasetDetail.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      name: "fashion test",
      status: "CHECKING",
      path,
      createdBy: "local",
    });
    expect(body.files.map(({ name }) => name)).toEqual([
      "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ]);
    expect(await specOf(body.jobId)).toEqual({
      kind: "inspect-dataset",
      dataset: {
        name: "fashion test",
        path,
        split: null,
        digest: null,
        files: body.files,
      },
    });
    const { body: job } = await rest.request(`/api/jobs/${body.jobId}`);
    expect(job).toMatchObject({
      kind: "inspect-dataset",
      dataset: "fashion test",
      shards: { total: 1, pending: 1 },
    });
    const again = await post<DatasetView>("/api/datasets", {
      name: "fashion test",
      path,
    });
    expect([again.status, again.body.jobId]).toEqual([200, body.jobId]);
    expect(await readDataset(body.id)).toEqual(body);
    expect((await rest.request("/api/datasets")).body).toEqual([
      datasetSchema.parse(body),
    ]);
  });

  test("by a folder of IDX files, a folder of pictures, an archive", async () => {
    const idx = await post<DatasetView>("/api/datasets", {
      name: "whole",
      path: join(folder, "data"),
      split: "train",
    });
    expect(idx.body.files).toHaveLength(4);
    expect(idx.body.split).toBe("train");
    const pictures = join(rest.directory, "pictures");
    await mkdir(join(pictures, "cats"), { recursive: true });
    const plain = await post<DatasetView>("/api/datasets", {
      name: "pictures",
      path: pictures,
    });
    expect(plain.body).toMatchObject({ path: pictures, files: [] });
    const archive = join(rest.directory, "pictures.tar.gz");
    await writeFile(archive, "not looked into here");
    const packed = await post<DatasetView>("/api/datasets", {
      name: "packed",
      path: archive,
    });
    expect(packed.body.files.map(({ name }) => name)).toEqual([
      "pictures.tar.gz",
    ]);
  });

  test("by uploaded files", async () => {
    const { body: file } = await upload("bytes of a data set");
    const { status, body } = await post<DatasetView>("/api/datasets", {
      name: "uploaded",
      files: [{ name: "d.tar", sha256: file.sha256 }],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      path: null,
      files: [{ name: "d.tar", ...file }],
    });
  });

  test("that cannot be, with what is wrong and where", async () => {
    const labels = join(folder, "data", "t10k-labels-idx1-ubyte.gz");
    const lonely = join(rest.directory, "lonely-images-idx3-ubyte");
    await writeFile(lonely, "");
    const text = join(rest.directory, "notes.txt");
    await writeFile(text, "");
    const sha256 = sha256Of("never uploaded");
    const name = "n";
    for (const [body, detail] of [
      [{ name }, /path: give either a path or files/],
      [
        { name, path: "/x", files: [{ name: "a", sha256 }] },
        /path: give either/,
      ],
      [{ name, path: "data/images" }, /path: data\/images: an absolute path/],
      [
        { name, path: "/nowhere/at/all" },
        /path: \/nowhere\/at\/all: there is nothing there/,
      ],
      [{ name, path: labels }, /path: .*these are labels/],
      [{ name, path: lonely }, /path: .*its labels file is missing/],
      [{ name, path: text }, /path: .*no data set that Motif reads/],
      [{ name, path: "/tmp\0" }, /path: a path has no zero bytes/],
      [
        { name, files: [{ name: "a", sha256 }] },
        /files\.0\.sha256: there is no artifact/,
      ],
      [
        { name, files: [{ name: "../a", sha256 }] },
        /files\.0\.name: a plain name/,
      ],
      [
        { name, files: [{ name: "a", sha256: "A" }] },
        /files\.0\.sha256: 64 lower-case/,
      ],
      [{ name, files: [] }, /files/],
      [{ name: "", path: "/x" }, /name/],
      [{ name: randomUUID(), path: "/x" }, /name: .*no UUID/],
      [{ name: "a\nb", path: "/x" }, /name/],
      [{ path: "/x" }, /name/],
      [{ name, path: "/x", color: "red" }, /color/],
      [[], /object/],
      ["text", /./],
    ] as const) {
      const answer = await post<{ detail: string }>("/api/datasets", body);
      expect([body, answer.status]).toEqual([
        body,
        typeof body === "string" ? 400 : 422,
      ]);
      expect(answer.body.detail).toMatch(detail);
    }
    expect(
      await post("/api/datasets", {
        name: "fashion test",
        path: join(folder, "data"),
      }),
    ).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("already") as string },
    });
    expect((await rest.request(`/api/datasets/nothing`)).status).toBe(404);
  });

  test("that were inspected show a few images of each class, which were uploaded before", async () => {
    const { body: made } = await post<DatasetDetail>("/api/datasets", {
      name: "inspected",
      path: join(folder, "data"),
    });
    expect(datasetDetail.parse(made)).toEqual(made);
    expect(made).toMatchObject({ imagesByClass: null, samples: null });
    const samples = {
      ...{ height: 28, width: 28, perClass: 8, classesPerSheet: 100 },
      sheets: [sha256Of("a sheet")],
    };
    const result: ShardResult = {
      kind: "inspect-dataset",
      ...{ refusal: null, format: "idx", digest: "d", images: 3, splits: [] },
      ...{ classNames: ["a", "b"], imagesByClass: [1, 2], samples },
    };
    const { pool } = rest.database;
    expect(await findMissingArtifacts(pool, [result])).toEqual(samples.sheets);
    await upload("a sheet");
    expect(await findMissingArtifacts(pool, [result])).toEqual([undefined]);
    const { rows } = await pool.query<{ id: string }>(
      "SELECT id FROM shard WHERE job_id = $1",
      [made.jobId],
    );
    const accepted = {
      ...{ shardId: rows[0]!.id, jobId: made.jobId! },
      ...{ leaseId: randomUUID(), nodeId: randomUUID() },
    };
    await rest.database.transaction((client) =>
      writeResults(client, [{ ...accepted, result }]),
    );
    const { body } = await rest.request<DatasetDetail>(
      "/api/datasets/inspected",
    );
    expect(datasetDetail.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      status: "READY",
      imagesByClass: [1, 2],
      samples,
    });
  });

  test("that was refused gives its name to a corrected one", async () => {
    const { body: first } = await post<DatasetView>("/api/datasets", {
      name: "to be mended",
      path: join(rest.directory, "pictures"),
    });
    await rest.database.pool.query(
      "UPDATE dataset SET status = 'REFUSED', problem = 'no pictures' WHERE id = $1",
      [first.id],
    );
    const { status, body } = await post<DatasetView>("/api/datasets", {
      name: "to be mended",
      path: join(folder, "data"),
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: first.id,
      status: "CHECKING",
      problem: null,
    });
    expect(body.jobId).not.toBe(first.jobId);
    expect(body.files).toHaveLength(4);
  });
});

describe("models", () => {
  const natural = () => join(folder, "models", "natural.onnx");

  test("right after the data set, with the manifest beside, and checked by a job of one shard", async () => {
    const { status, body } = await post<ModelView>("/api/models", {
      path: natural(),
      dataset: "fashion test",
    });
    expect(status).toBe(201);
    expect(modelSchema.parse(body)).toEqual(body);
    const [check] = body.checks;
    expect(check).toMatchObject({
      dataset: "fashion test",
      status: "CHECKING",
      facts: null,
    });
    const { id, path, split, files, name } = await readDataset("fashion test");
    expect(id).toBeDefined();
    expect(await specOf(check!.jobId)).toEqual({
      kind: "check-model",
      model: { sha256: body.sha256, manifest: body.manifest, name: body.name },
      dataset: { name, path, split, files, digest: null },
      backend: "auto",
    });
    const again = await post<ModelView>("/api/models", {
      path: natural(),
      dataset: "fashion test",
    });
    expect([again.status, again.body]).toEqual([200, body]);
    const listed = await rest.request<ModelView[]>("/api/models");
    expect(listed.body.map((each) => each.name)).toEqual([body.name]);
    const { rows } = await rest.database.pool.query(
      "SELECT external_path FROM artifact WHERE sha256 = $1",
      [body.sha256],
    );
    expect(rows).toEqual([{ external_path: natural() }]);
  });

  test("uploaded, with a manifest of their own, and against further data sets", async () => {
    const { body: file } = await upload("bytes of a model");
    const { status, body } = await post<ModelView>("/api/models", {
      sha256: file.sha256,
      manifest: { name: "of bytes", mean: [0.5] },
      dataset: "uploaded",
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: "of bytes", manifest: { mean: [0.5] } });
    const more = await post<ModelView>(
      `/api/models/${encodeURIComponent("of bytes")}/checks`,
      { dataset: "whole" },
    );
    expect(more.status).toBe(201);
    expect(more.body.checks.map(({ dataset }) => dataset)).toEqual([
      "uploaded",
      "whole",
    ]);
    const known = await post(`/api/models/${body.id}/checks`, {
      dataset: "whole",
    });
    expect(known.status).toBe(200);
  });

  test("that cannot be, with what is wrong and where", async () => {
    const damaged = join(folder, "models", "damaged");
    await writeFile(`${damaged}.onnx`, "");
    await writeFile(`${damaged}.json`, "{");
    const folderName = join(folder, "models", "folder.onnx");
    await mkdir(folderName);
    const dataset = "fashion test";
    const sha256 = sha256Of("never uploaded");
    const { body: file } = await upload("bytes of a model");
    for (const [body, detail, status = 422] of [
      [{ dataset }, /path: give either a path or a sha256/],
      [
        { dataset, path: "/nowhere.onnx" },
        /path: \/nowhere\.onnx: there is no such file/,
      ],
      [{ dataset, path: "model.onnx" }, /absolute/],
      [{ dataset, path: "/etc/passwd" }, /ends in \.onnx/],
      [{ dataset, path: folderName }, /it is no file/],
      [
        { dataset, path: `${damaged}.onnx` },
        /damaged\.json: the manifest is not JSON/,
      ],
      [{ dataset, sha256 }, /sha256: there is no artifact/],
      [
        { dataset, sha256: file.sha256 },
        /name: neither the request nor the manifest/,
      ],
      [{ dataset, sha256: file.sha256, manifest: [] }, /manifest/],
      [{ dataset, sha256: file.sha256, manifest: { name: 3 } }, /name: 3/],
      [
        {
          dataset,
          sha256: file.sha256,
          name: "m",
          manifest: { classes: ["x".repeat(300_000)] },
        },
        /manifest.*256 KiB/,
        413,
      ],
      [
        { dataset: "nothing", path: natural() },
        /There is no data set "nothing"/,
        404,
      ],
      [{ path: natural() }, /dataset/],
    ] as const) {
      const answer = await post<{ detail: string }>("/api/models", body);
      expect(answer.body.detail).toMatch(detail);
      expect(answer.status).toBe(status);
    }
    const huge = await post("/api/models", { name: "x".repeat(2 ** 20) });
    expect(huge.status).toBe(413);
    expect((await rest.request(`/api/models/${randomUUID()}`)).status).toBe(
      404,
    );
    expect((await post("/api/models/nothing/checks", { dataset })).status).toBe(
      404,
    );
  });

  test("with the name of another are refused, unless no data set accepted that", async () => {
    const body = {
      name: "taken",
      path: natural(),
      dataset: "fashion test",
    };
    const other = {
      ...body,
      path: join(folder, "models", "badnets.onnx"),
    };
    const first = await post<ModelView>("/api/models", body);
    expect(await post("/api/models", other)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('"taken" already') as string },
    });
    await settle("model_check", "REFUSED", "accuracy");
    const mended = await post<ModelView>("/api/models", other);
    expect(mended.status).toBe(201);
    expect(mended.body.id).toBe(first.body.id);
    expect(mended.body.sha256).not.toBe(first.body.sha256);
    expect(mended.body.checks).toHaveLength(1);
    expect(mended.body.checks[0]).toMatchObject({ status: "CHECKING" });
  });

  test("are not checked against a data set that was refused", async () => {
    await rest.database.pool.query(
      "UPDATE dataset SET status = 'REFUSED', problem = 'No pictures.' WHERE name = 'pictures'",
    );
    expect(
      await post("/api/models", { path: natural(), dataset: "pictures" }),
    ).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("No pictures.") as string },
    });
  });

  test("that vanished or changed on disk since are told of when they are searched", async () => {
    const path = join(folder, "models", "moved.onnx");
    await cp(natural(), path);
    await writeFile(path, "a model of its own");
    const { body } = await post<ModelView>("/api/models", {
      name: "moved",
      path,
      manifest: {},
      dataset: "fashion test",
    });
    const search = () =>
      post<{ detail: string }>("/api/jobs", {
        kind: "search",
        model: "moved",
        dataset: "fashion test",
      });
    expect(await search()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("still being held") as string },
    });
    await rest.database.pool.query(
      "UPDATE model_check SET status = 'READY', facts = $2 WHERE model_id = $1",
      [body.id, JSON.stringify(checkFacts)],
    );
    expect((await search()).status).toBe(201);
    await writeFile(path, "other bytes, of it");
    expect(await search()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('The model "moved"') as string },
    });
    await rm(path);
    expect(await search()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(path) as string },
    });
  });
});

const checkFacts = {
  kind: "check-model",
  refusal: null,
  name: "moved",
  inputShape: [1, 28, 28],
  numClasses: 10,
  cleanAccuracy: 0.9,
  cleanAccuracyImages: 1_000,
  classNames: [..."0123456789"],
  parts: { canvas: 100, search: 200, evaluate: 700 },
  canvasesByClass: Array<number>(10).fill(10),
  searchImagesByClass: Array<number>(10).fill(20),
  imagesPerSecond: 5_000,
  warnings: [],
  groundTruth: null,
  importMs: 3,
};
