/** A collection as a file: the same models as the list has, in three formats, each with a digest that can be checked. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ReviewEntry } from "../models/review.ts";
import { registerCheckedModel } from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

const groundTruth = { status: "poisoned", targetClass: 1, note: "<b>, “so”" };
const formula = '=HYPERLINK("http://x","<i>")';

let rest: RunningRest;
let sha256: string;
beforeAll(async () => {
  rest = await startRest();
  await registerCheckedModel(rest, "plain", { numClasses: 3, manifest: {} });
  const odd = await registerCheckedModel(rest, formula, {
    ...{ numClasses: 3, manifest: { groundTruth } },
  });
  ({ sha256 } = odd);
  await post("/api/models/tags", { models: [odd.id], add: ["b", "a"] });
  await post(`/api/models/${odd.id}/reviews`, {
    ...{ status: "confirmed", comment: "<script>alert(1)</script>\nSecond." },
  });
  await post(`/api/models/${odd.id}/reviews`, {
    ...{ classIndex: 1, comment: "+1" },
  });
});
afterAll(() => rest.close());

async function post(path: string, body: unknown): Promise<void> {
  const { status } = await rest.request(path, { method: "POST", body });
  expect(status).toBeLessThan(300);
}

const digestOf = (text: string, encoding: "hex" | "base64") =>
  createHash("sha256").update(text).digest(encoding);

/** @returns its text, whose digest is the header's */
async function load(query: string): Promise<string> {
  const response = await fetch(`${rest.url}/api/models/export?${query}`, {
    headers: { "accept-encoding": "gzip, br" },
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  const { headers } = response;
  expect(headers.get("content-encoding")).toBe(null);
  expect(headers.get("content-digest")).toBe(
    `sha-256=:${digestOf(text, "base64")}:`,
  );
  expect(headers.get("content-length")).toBe(`${Buffer.byteLength(text)}`);
  expect(headers.get("content-disposition")).toMatch(/^attachment; /);
  expect(headers.get("content-security-policy")).toContain("sandbox");
  return text;
}

/** What a document or page says of itself holds for the lines before. */
function requireOwnDigest(text: string): void {
  const lines = text.split("\n");
  expect(lines.at(-1)).toBe("");
  const before = `${lines.slice(0, -2).join("\n")}\n`;
  expect(lines.at(-2)).toContain(digestOf(before, "hex"));
}

test("the table has a row a model, and none of it is a formula", async () => {
  const [head, first, second, ...rest] = (await load("format=csv"))
    .trimEnd()
    .split("\r\n");
  expect(head).toBe(
    "name,id,sha256,dataset,datasetDigest,tags,cleanAccuracy,groundTruth,verdict,suspectedClass,probability,pValue,auditedAt,evidenceSha256,reviewStatus,reviewedBy,reviewedAt",
  );
  expect(first).toMatch(
    /^"'=HYPERLINK\(""http:\/\/x"",""<i>""\)",[0-9a-f-]{36},/,
  );
  expect(first).toContain(`,${sha256},fashion,d1,a b,0.9,"{""note""`);
  expect(first).toMatch(/,confirmed,local,\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(second).toMatch(/^plain,.*,fashion,d1,,0\.9,,,,,,,,unreviewed,,$/);
  expect(rest).toEqual([]);
});

test("the document has all that was said, and the digest of its lines", async () => {
  const text = await load("format=json");
  requireOwnDigest(text);
  const { models, sha256: own } = JSON.parse(text) as {
    readonly sha256: string;
    readonly models: readonly {
      readonly name: string;
      readonly groundTruth: unknown;
      readonly tags: readonly string[];
      readonly reviews: readonly ReviewEntry[];
    }[];
  };
  expect(own).toMatch(/^[0-9a-f]{64}$/);
  expect(models).toMatchObject([
    { name: formula, groundTruth, tags: ["a", "b"] },
    { name: "plain", groundTruth: null, tags: [], reviews: [] },
  ]);
  expect(
    models[0]!.reviews.map(({ comment, classIndex }) => [comment, classIndex]),
  ).toEqual([
    ["+1", 1],
    ["<script>alert(1)</script>\nSecond.", null],
  ]);
});

test("the page is complete in itself, runs nothing, and has the digest of its lines", async () => {
  const text = await load("format=html");
  requireOwnDigest(text);
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).not.toMatch(
    /<(script|i|b>, “so|link|img|iframe)|\bsrc=|@import/,
  );
  expect(text).toContain(
    "=HYPERLINK(&quot;http://x&quot;,&quot;&lt;i&gt;&quot;)",
  );
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;\nSecond.");
  expect(text).toContain("prefers-color-scheme");
});

test("it has those that the list has for the same filter, and nothing of it stays on the disk", async () => {
  const names = async (filter: string) =>
    (await load(`format=csv&${filter}`))
      .trimEnd()
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(",", 1)[0]);
  for (const [filter, found] of [
    ["tag=a,b", 1],
    ["tag=a,c", 0],
    ["review=unreviewed", 1],
    ["q=plain&dataset=fashion&status=READY", 1],
    ["setting=poisoned", 1],
  ] as const) {
    const { body } = await rest.request<readonly unknown[]>(
      `/api/models?${filter}`,
    );
    expect(body).toHaveLength(found);
    expect(await names(filter)).toHaveLength(found);
  }
  for (const query of ["", "format=xlsx", "format=csv&colour=red"])
    expect((await rest.request(`/api/models/export?${query}`)).status).toBe(
      422,
    );
  await expect.poll(() => readdir(join(rest.directory, "exports"))).toEqual([]);
});

test("a collection of more than a page is whole, and in order", async () => {
  await rest.database.pool.query(
    `INSERT INTO model (id, name, sha256, manifest, created_by)
     SELECT gen_random_uuid(), 'copy ' || lpad(i::text, 4, '0'), sha256, '{}', 'local'
     FROM model, generate_series(1, 450) AS i WHERE name = 'plain'`,
  );
  const lines = (await load("format=csv&q=copy")).trimEnd().split("\r\n");
  expect(lines.slice(1).map((line) => line.split(",", 1)[0])).toEqual(
    Array.from(
      { length: 450 },
      (_, i) => `copy ${`${i + 1}`.padStart(4, "0")}`,
    ),
  );
});
