import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSyntheticResult } from "../../../test/fixtures/synthetic-result.ts";
import { writeComparison, writeReport, writeResult } from "./index.ts";
import { parseResult, type Result } from "./result.ts";

let folder: string;
let result: Result;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-report-"));
  result = await writeSyntheticResult(folder, {
    classes: 3,
    shape: [3, 8, 8],
    canvases: 2,
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("writeResult", () => {
  it("writes the same bytes each time, and they read back as the same result", async () => {
    await writeResult(folder, result);
    const first = await readFile(join(folder, "result.json"), "utf8");
    await writeResult(folder, result);
    expect(await readFile(join(folder, "result.json"), "utf8")).toBe(first);
    expect(parseResult(first)).toEqual(result);
  });
});

describe("writeReport", () => {
  it("writes the same bytes each time, with every picture inside", async () => {
    const path = await writeReport(folder, result);
    const first = await readFile(path, "utf8");
    expect(await readFile(await writeReport(folder, result), "utf8")).toBe(
      first,
    );
    const sources = [...first.matchAll(/<img[^>]*\ssrc="([^"]*)"/g)].map(
      ([, source]) => source.slice(0, 23),
    );
    expect(sources.length).toBeGreaterThan(18);
    expect(new Set(sources)).toEqual(new Set(["data:image/webp;base64,"]));
  });

  it("names the picture that is missing and leaves the page that is there", async () => {
    const path = await writeReport(folder, result);
    const before = await readFile(path, "utf8");
    const [first, ...others] = result.patterns;
    const broken = {
      ...result,
      patterns: [
        { ...first, images: { ...first.images, canvas: "images/gone.png" } },
        ...others,
      ],
    };
    await expect(writeReport(folder, broken)).rejects.toThrow(/gone\.png/);
    expect(await readFile(path, "utf8")).toBe(before);
  });
});

describe("writeComparison", () => {
  it("links to each result's page by a relative address", async () => {
    const above = join(folder, "pages");
    const path = await writeComparison(above, [
      { directory: folder, result },
      { directory: join(folder, "pages", "..", "."), result },
    ]);
    expect(await readFile(path, "utf8")).toContain(
      'href="../index.html#class-0"',
    );
  });
});
