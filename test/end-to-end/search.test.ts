/** The command as a person runs it: real processes, real files. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columns, columnsSize, writeColumns } from "../fixtures/columns.ts";
import { runMotif as motif } from "../harness/motif.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-end-to-end-"));
  await writeColumns(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const search = (out: string, ...more: string[]) =>
  motif(
    "search",
    "--local",
    "--model",
    join(folder, "columns.onnx"),
    "--dataset",
    folder,
    "--out",
    join(folder, out),
    "--steps",
    "30",
    ...more,
  );

const readResult = async (out: string) =>
  JSON.parse(await readFile(join(folder, out, "result.json"), "utf8")) as {
    model: { cleanAccuracy: number };
    patterns: {
      targetClass: number;
      mask: string;
      wallMs: number;
      predictivePower: { k: number; power: number; baseRate: number }[];
      topPixels: number[];
    }[];
    timing: object;
  };
const withoutTimes = (result: Awaited<ReturnType<typeof readResult>>) => ({
  ...result,
  timing: null,
  patterns: result.patterns.map((pattern) => ({ ...pattern, wallMs: 0 })),
});

describe("motif search --local", () => {
  it("finds the column of each class, and writes result, masks, pictures and report", async () => {
    const { status, stderr } = await search("first", "--canvases", "2");
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    const result = await readResult("first");
    expect(result.model.cleanAccuracy).toBe(1);
    expect(result.patterns).toHaveLength(6);
    for (const pattern of result.patterns) {
      const column = columns[pattern.targetClass];
      expect(
        pattern.topPixels
          .slice(0, 3)
          .every((index) => index % columnsSize === column),
      ).toBe(true);
      expect(existsSync(join(folder, "first", pattern.mask))).toBe(true);
    }
    expect(
      await readFile(join(folder, "first", "index.html"), "utf8"),
    ).toContain("data:image/webp;base64,");
  });

  it("uses the canvases there are, and says so, where more were asked for", async () => {
    const { status, stderr } = await search(
      "short",
      ...["--classes", "0", "--canvases", "500", "--evaluate-images", "1"],
    );
    expect(status).toBe(0);
    expect(stderr).toContain(
      "of 1 of 1 classes there are fewer images to serve as canvas",
    );
    const { patterns } = await readResult("short");
    expect(patterns.length).toBeGreaterThan(1);
    expect(patterns.length).toBeLessThan(500);
  });

  it("gives the same bytes again, in another folder and whatever shares a pack", async () => {
    await search("second", "--canvases", "2");
    expect(withoutTimes(await readResult("second"))).toEqual(
      withoutTimes(await readResult("first")),
    );
    await search("alone", "--classes", "1", "--canvas-index", "1");
    const alone = (await readResult("alone")).patterns[0];
    expect(await readFile(join(folder, "alone", alone.mask))).toEqual(
      await readFile(join(folder, "first", alone.mask)),
    );
  });

  it("goes on from what is there", async () => {
    await search("resumed", "--canvases", "1", "--classes", "0");
    const { stdout } = await search("resumed", "--canvases", "1");
    expect(stdout).toContain("1 of them from before");
  });

  it("refuses a folder of another search, a class that is not there and a wrong number", async () => {
    const other = await search("first", "--alpha", "0.5");
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(
      /holds patterns of another search \(alpha was 0\.2, now 0\.5\)/,
    );
    const outside = await search("x", "--classes", "3");
    expect(outside.status).toBe(2);
    expect(outside.stderr).toContain("the model has the classes 0 to 2");
    expect((await search("x", "--steps", "many")).status).toBe(2);
  });

  it("refuses a model whose declared accuracy is wrong, before any search", async () => {
    const manifest = join(folder, "wrong.json");
    await writeFile(manifest, JSON.stringify({ declaredAccuracy: 0.9 }));
    const { status, stderr } = await search("wrong", "--manifest", manifest);
    expect(status).toBe(1);
    expect(stderr).toContain("declared accuracy 90.00%, measured 100.00%");
    expect(existsSync(join(folder, "wrong", "result.json"))).toBe(false);
  });

  it.each([
    ["an empty file", Buffer.alloc(0)],
    ["random bytes", Buffer.from("this is no model at all, just text")],
  ])("refuses %s as a model with one clear line", async (_, bytes) => {
    const path = join(folder, "broken.onnx");
    await writeFile(path, bytes);
    const { status, stderr } = await motif(
      "search",
      "--local",
      "--model",
      path,
      "--dataset",
      folder,
      "--out",
      join(folder, "broken"),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/motif: .*broken\.onnx/);
    expect(stderr).not.toContain("    at ");
  });
});
