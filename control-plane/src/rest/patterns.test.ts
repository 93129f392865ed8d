/** Galleries: patterns of a job by pages, one pattern, and its sheet to the pixel. */
import { randomUUID } from "node:crypto";
import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import type { PatternPageView } from "../jobs/list-patterns.ts";
import type { PatternDetail } from "../jobs/read-pattern.ts";
import {
  encodeCanvas,
  encodeMask,
  finishSearch,
  nodeName,
  registerCheckedModel,
  submitSearch,
  upload,
  type FoundPattern,
} from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { patternDetail, patternPageView } from "./pattern-schemas.ts";

const size = [2, 3] as const;
const mask = [0.1, 0.9, 0.2, 0.3, 1, 0.5];
const colors = Uint8Array.from({ length: 18 }, (_, i) => i * 14);

let rest: RunningRest;
let job: JobView;
let found: FoundPattern;
beforeAll(async () => {
  rest = await startRest();
  await registerCheckedModel(rest, "small", {
    numClasses: 5,
    shape: [3, ...size],
  });
  job = await submitSearch(rest, "small", { canvases: 2, seeds: 2 });
  found = {
    mask: await upload(rest, encodeMask(mask, size)),
    canvas: await upload(rest, await encodeCanvas(colors, size, 4)),
    topPixels: [4, 1, 5],
    kStar: 2,
    curve: [
      { k: 1, power: 0.123_456 },
      { k: 2, power: 0.95 },
    ],
  };
  await finishSearch(rest, job.id, () => found, 6);
});
afterAll(() => rest.close());

const page = async (query = "") =>
  (await rest.request<PatternPageView>(`/api/jobs/${job.id}/patterns${query}`))
    .body;

describe("patterns of a job", () => {
  test("are listed with their curves, in order", async () => {
    const body = await page();
    expect(patternPageView.parse(body)).toEqual(body);
    const { patterns, ...axis } = body;
    expect(axis).toEqual({
      ks: [1, 2],
      fractions: [1 / 6, 1 / 3],
      imageShape: [3, 2, 3],
    });
    expect(
      patterns.map(({ targetClass, canvasIndex, seed }) => [
        targetClass,
        canvasIndex,
        seed,
      ]),
    ).toEqual(
      [0, 1, 2, 3, 4].flatMap((targetClass) =>
        [0, 1].flatMap((canvas) =>
          [0, 1].map((seed) => [targetClass, canvas, seed]),
        ),
      ),
    );
    expect(patterns[0]).toEqual({
      id: expect.any(String) as string,
      targetClass: 0,
      canvasIndex: 0,
      seed: 0,
      kStar: 2,
      maskL1: 12.3457,
      n: 900,
      baseRate: 0.0123,
      power: [0.1235, 0.95],
      low: [0.0617, 0.475],
      high: [0.5617, 0.975],
    });
  });

  test("come by pages and by shards, each pattern once", async () => {
    const all = await page();
    const seen: string[] = [];
    for (let after = ""; ; after = `&after=${seen.at(-1)}`) {
      const { ks, patterns } = await page(`?limit=7${after}`);
      expect(ks).toEqual(all.ks);
      if (patterns.length === 0) break;
      seen.push(...patterns.map(({ id }) => id));
    }
    expect(seen).toEqual(all.patterns.map(({ id }) => id));
    const byShard = [];
    for (let index = 0; index < job.shards.total; index++)
      byShard.push(...(await page(`?shard=${index}`)).patterns);
    expect(byShard.map(({ id }) => id).sort()).toEqual([...seen].sort());
    expect((await page("?shard=999")).patterns).toEqual([]);
  });

  test("of a job without any yet are none; of other jobs are refused", async () => {
    const running = await submitSearch(rest, "small");
    const none = await rest.request<PatternPageView>(
      `/api/jobs/${running.id}/patterns`,
    );
    expect(none.body).toEqual({
      ks: [],
      fractions: [],
      imageShape: [3, 2, 3],
      patterns: [],
    });
    const { body: noop } = await rest.request<JobView>("/api/jobs", {
      method: "POST",
      body: { kind: "noop", shards: 1, waitMs: 0 },
    });
    for (const [path, status] of [
      [`${noop.id}/patterns`, 409],
      [`${randomUUID()}/patterns`, 404],
      ["1/patterns", 404],
      [`${job.id}/patterns?after=${randomUUID()}`, 404],
      [`${job.id}/patterns?after=1`, 422],
      [`${job.id}/patterns?limit=0`, 422],
      [`${job.id}/patterns?limit=1001`, 422],
      [`${job.id}/patterns?shard=-1`, 422],
      [`${job.id}/patterns?shrad=1`, 422],
    ] as const) {
      const answer = await rest.request(`/api/jobs/${path}`);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get("content-type")).toContain("problem+json");
    }
  });
});

test("one pattern has all that is known of it", async () => {
  const { id } = (await page("?limit=1&shard=1")).patterns[0]!;
  const { body } = await rest.request<PatternDetail>(`/api/patterns/${id}`);
  expect(patternDetail.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    id,
    jobId: job.id,
    shardIndex: 1,
    steps: 100,
    imageGradients: 400,
    maskL1: 12.345_678,
    kStar: 2,
    wallMs: 7,
    maskSha256: found.mask.sha256,
    canvasSha256: found.canvas.sha256,
    topPixels: [4, 1, 5],
    curve: [
      { k: 1, power: 0.123_456, n: 900, wilson95: [0.061_728, 0.561_728] },
      { k: 2, power: 0.95 },
    ],
    sourceToTarget: [{ sourceClass: 0, power: 0.5, n: 90 }],
    trace: null,
    nodeName,
  });
  const trace = { steps: [1, 100], loss: [2.3, 0.4], maskL1: [3, 1.5] };
  const traced = await submitSearch(rest, "small", { classes: "1" });
  await finishSearch(rest, traced.id, () => ({ ...found, trace }), 6);
  const { patterns } = (
    await rest.request<PatternPageView>(`/api/jobs/${traced.id}/patterns`)
  ).body;
  const detail = await rest.request<PatternDetail>(
    `/api/patterns/${patterns[0]!.id}`,
  );
  expect(detail.body.trace).toEqual(trace);
  for (const unknown of [randomUUID(), "1", "%00"])
    for (const more of ["", "/sheet.png"])
      expect(
        (await rest.request(`/api/patterns/${unknown}${more}`)).status,
      ).toBe(404);
});

describe("a sheet", () => {
  const read = async (id: string, headers: Record<string, string> = {}) =>
    fetch(`${rest.url}/api/patterns/${id}/sheet.png`, { headers });
  /** A search whose patterns have these artifacts. @returns the first's id */
  const findWith = async (changes: Partial<FoundPattern>): Promise<string> => {
    const { id } = await submitSearch(rest, "small", { classes: "0" });
    await finishSearch(rest, id, () => ({ ...found, ...changes }), 6);
    const { body } = await rest.request<PatternPageView>(
      `/api/jobs/${id}/patterns`,
    );
    return body.patterns[0]!.id;
  };

  test("shows canvas, rank and mask, pixel for pixel", async () => {
    const id = (await page("?limit=1")).patterns[0]!.id;
    const response = await read(id);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("cache-control")).toBe(
      "private, max-age=31536000, immutable",
    );
    const etag = response.headers.get("etag")!;
    const { data, info } = await sharp(await response.arrayBuffer())
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 9, height: 2, channels: 3 });
    const panel = (place: number) =>
      [0, 1].flatMap((y) =>
        [0, 1, 2].map((x) => {
          const at = (y * 9 + place * 3 + x) * 3;
          return [...data.subarray(at, at + 3)];
        }),
      );
    expect(panel(0).flat()).toEqual([...colors]);
    const none = [255, 255, 255];
    // The curve ends at k = 2: the third of the top pixels does not count.
    expect(panel(1)).toEqual([none, [0, 0, 1], none, none, [0, 0, 0], none]);
    // 0.9 is a little less as a float32.
    expect(panel(2)).toEqual(
      [26, 229, 51, 77, 255, 128].map((grey) => [grey, grey, grey]),
    );
    const again = await read(id, { "if-none-match": etag });
    expect(again.status).toBe(304);
    expect(again.headers.get("etag")).toBe(etag);
  });

  test("is made once, whoever asks how often, and again where it was removed", async () => {
    const folder = join(rest.directory, "thumbnails");
    const { id } = (await page("?limit=1")).patterns[0]!;
    await rm(folder, { recursive: true, force: true });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        Buffer.from(await (await read(id)).arrayBuffer()).toString("base64"),
      ),
    );
    expect(new Set(answers).size).toBe(1);
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((file) => /\.\w+$/.test(file))).toEqual([
      expect.stringMatching(/^[0-9a-f]{2}\/[0-9a-f]{64}\.png$/) as string,
    ]);
  });

  test("of what cannot be kept is served all the same", async () => {
    const folder = join(rest.directory, "thumbnails");
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, "no folder");
    const response = await read((await page("?limit=1")).patterns[0]!.id);
    expect(response.status).toBe(200);
    await rm(folder);
  });

  test("of a damaged mask or canvas says what is wrong", async () => {
    const other = await upload(rest, encodeMask([...mask, 0, 0, 0], [3, 3]));
    const short = await upload(rest, encodeMask(mask, size).subarray(0, 140));
    const noise = await upload(rest, Buffer.from("this is no picture"));
    const large = await upload(
      rest,
      await encodeCanvas(new Uint8Array(27), [3, 3], 1),
    );
    for (const [changes, detail] of [
      [{ mask: other }, /has the header .*\(3, 3\).*\[2, 3\] is expected/],
      [{ mask: short }, /has 12 bytes of values/],
      [{ mask: noise }, /is no \.npy/],
      [{ canvas: noise }, /cannot be read/],
      [{ canvas: large }, /has 3×3; a picture of 2×3/],
      [{ topPixels: [6] }, /has the pixel 6/],
    ] as const) {
      const response = await read(await findWith(changes));
      expect([changes, response.status]).toEqual([changes, 422]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(((await response.json()) as { detail: string }).detail).toMatch(
        detail,
      );
    }
  });

  test("of an artifact that is gone or cut off on disk is refused", async () => {
    const lost = await upload(rest, encodeMask([1, 0, 0, 0, 0, 0], size));
    const path = join(
      rest.directory,
      "artifacts",
      lost.sha256.slice(0, 2),
      lost.sha256,
    );
    const id = await findWith({ mask: lost });
    await truncate(path, 100);
    expect((await read(id)).status).toBe(422);
    await rm(path);
    expect((await read(id)).status).toBe(404);
  });
});
