/** The command as a person runs it: real processes, real files. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  exportModel,
  floats,
  newGraphBuilder,
} from "../../gpu-node/src/engine/index.ts";
import { randomFrom } from "../../gpu-node/src/data/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const size = 8;
const imagesPerClass = 40;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-end-to-end-"));
  await writeDataset();
  await writeModel();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Grey 8×8 images of three classes: a bright column at the left, in the middle, at the right, and noise. */
async function writeDataset(): Promise<void> {
  const random = randomFrom("end-to-end images");
  const count = 3 * imagesPerClass;
  const header = (kind: number, sizes: number[]) =>
    Buffer.from([
      0,
      0,
      8,
      kind,
      ...sizes.flatMap((n) => [0, 0, n >> 8, n & 255]),
    ]);
  const pixels = Buffer.alloc(count * size * size, 0).map(() =>
    random.nextBelow(60),
  );
  const labels = Buffer.alloc(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 3;
    for (let row = 0; row < size; row++)
      pixels[i * size * size + row * size + [0, 4, 7][i % 3]] =
        200 + random.nextBelow(50);
  }
  await writeFile(
    join(folder, "test-images-idx3-ubyte"),
    Buffer.concat([header(3, [count, size, size]), pixels]),
  );
  await writeFile(
    join(folder, "test-labels-idx1-ubyte"),
    Buffer.concat([header(1, [count]), labels]),
  );
}

/** A linear model that compares the three columns. */
async function writeModel(): Promise<void> {
  const g = newGraphBuilder();
  const image = g.input("image", [1, 1, size, size]);
  const weights = Array.from({ length: size * size * 3 }, (_, i) =>
    Math.floor(i / 3) % size === [0, 4, 7][i % 3] ? 1 : -0.1,
  );
  const flat = g.add("Reshape", [image], { shape: [1, size * size] });
  const logits = g.add(
    "MatMul",
    [flat, g.constant(floats(weights, [size * size, 3]))],
    {},
  );
  await writeFile(
    join(folder, "columns.onnx"),
    exportModel(g.finish([logits]), "columns"),
  );
  await writeFile(
    join(folder, "columns.json"),
    JSON.stringify({ name: "columns", declaredAccuracy: 1 }),
  );
}

function motif(
  ...args: string[]
): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, "infra/motif.mjs"), ...args],
      (_, stdout, stderr) =>
        resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

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
      const column = [0, 4, 7][pattern.targetClass];
      expect(
        pattern.topPixels.slice(0, 3).every((index) => index % size === column),
      ).toBe(true);
      expect(existsSync(join(folder, "first", pattern.mask))).toBe(true);
    }
    expect(
      await readFile(join(folder, "first", "index.html"), "utf8"),
    ).toContain("data:image/webp;base64,");
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
