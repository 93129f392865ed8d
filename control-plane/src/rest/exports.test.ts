/** A job's results as files to keep, and what happens where one of their parts is gone. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  encodeCanvas,
  encodeMask,
  finishSearch,
  registerCheckedModel,
  submitSearch,
  upload,
  type FoundPattern,
} from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

const side = 28;
const size = [side, side] as const;

let rest: RunningRest;
let jobId: string;
let found: FoundPattern;
beforeAll(async () => {
  rest = await startRest();
  await registerCheckedModel(rest, "=cmd, a model", { numClasses: 3 });
  jobId = (await submitSearch(rest, "=cmd, a model", { name: "../Über “it”" }))
    .id;
  const values = Array.from({ length: side * side }, (_, i) => (i % 100) / 100);
  const grey = new Uint8Array(side * side * 3).fill(99);
  found = {
    mask: await upload(rest, encodeMask(values, size)),
    canvas: await upload(rest, await encodeCanvas(grey, size, 1)),
    topPixels: [99, 199, 299],
    kStar: null,
    curve: [
      { k: 2, power: 0.25 },
      { k: 3, power: 0.5 },
    ],
  };
});
afterAll(() => rest.close());

/** Removed when the page has been sent, which is a moment after it has come. */
const leftovers = () => readdir(join(rest.directory, "reports"));
const ask = (what: string) => fetch(`${rest.url}/api/jobs/${jobId}/${what}`);

test("nothing is exported of a job that has no pattern yet", async () => {
  const response = await ask("report.html");
  expect(response.status).toBe(409);
  expect(response.headers.get("content-type")).toMatch(/problem\+json/);
});

test("result.json and the table are attachments under a plain name, and say the same", async () => {
  await finishSearch(rest, jobId, () => found);
  const json = await ask("result.json");
  expect(json.headers.get("content-disposition")).toBe(
    'attachment; filename="motif-U-ber-it.json"',
  );
  expect(json.headers.get("content-security-policy")).toContain("sandbox");
  const result = (await json.json()) as {
    readonly model: { readonly name: string };
    readonly patterns: readonly { readonly targetClass: number }[];
  };
  expect(result.model.name).toBe("=cmd, a model");
  expect(result.patterns.map(({ targetClass }) => targetClass)).toEqual([
    0, 1, 2,
  ]);
  const [head, first, ...others] = (await (await ask("result.csv")).text())
    .trimEnd()
    .split("\r\n");
  expect(head).toMatch(/^model,dataset,targetClass,/);
  // No spreadsheet reads a name as a formula.
  expect(first).toMatch(/^"'=cmd, a model",fashion,0,class 0,0,0,2,/);
  expect(others).toHaveLength(5);
});

test("the report is one page, and leaves nothing behind", async () => {
  const response = await ask("report.html");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-disposition")).toContain(".html");
  expect(await response.text()).toMatch(/^<!doctype html>/i);
  await expect.poll(leftovers).toEqual([]);
});

test("a report of which a part is gone is a refusal, also of the next one, and nothing breaks", async () => {
  const files = await readdir(rest.directory, {
    recursive: true,
    withFileTypes: true,
  });
  const lost = files.filter(({ name }) => name.includes(found.mask.sha256));
  expect(lost).toHaveLength(1);
  await rm(join(lost[0]!.parentPath, lost[0]!.name));
  for (let i = 0; i < 2; i++) {
    const response = await ask("report.html");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain(found.mask.sha256);
  }
  expect((await ask("result.json")).status).toBe(200);
  await expect.poll(leftovers).toEqual([]);
});
