import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import {
  backend,
  identities,
  newShardBench,
  search,
  type ShardBench,
} from "./check-shards.ts";
import type { ModelFiles } from "./shard.ts";
import { takeTurns } from "./take-turns.ts";

let bench: ShardBench;
beforeAll(async () => {
  bench = await newShardBench();
});

/** A backend that counts what is compiled and disposed of. */
function counted() {
  const counts = { compiled: 0, disposed: 0 };
  const counting: Backend = {
    ...backend,
    compile: async (graph) => {
      counts.compiled++;
      const executable = await backend.compile(graph);
      return {
        ...executable,
        dispose() {
          counts.disposed++;
          return executable.dispose();
        },
      };
    },
  };
  return { counts, counting };
}

const short = (changes = {}) =>
  bench.searchWork({ searches: identities(1).slice(0, 1), ...changes });

describe("a runner", () => {
  it("compiles once for the shards of a job, and says so in their times", async () => {
    const { counts, counting } = counted();
    const runner = bench.newRunner();
    const run = async () =>
      search(runner, short(), await bench.context({ backend: counting }));
    expect((await run()).compileMs).toBeGreaterThan(0);
    expect((await run()).compileMs).toBe(0);
    expect(counts.compiled).toBe(2); // The predictor, and the step.
  });

  it("goes from one data set to others and back", async () => {
    const runner = bench.newRunner();
    const places = ["first", "second", "third"].map((name) =>
      join(bench.folder, name),
    );
    for (const place of places) {
      await mkdir(place);
      for (const name of await readdir(bench.folder))
        if (name.endsWith("ubyte"))
          await cp(join(bench.folder, name), join(place, name));
    }
    const opened = await openDataset(bench.folder, { imageShape: [1, 8, 8] });
    const { digest } = opened;
    await opened.close();
    for (const path of [...places, places[0]]) {
      const work = short({
        dataset: { path, name: "columns", split: null, digest },
      });
      const { patterns } = await search(runner, work, await bench.context());
      expect(patterns).toHaveLength(1);
    }
  });

  it("keeps as many compiled graphs as it may, and frees the rest and, at the end, all", async () => {
    const { counts, counting } = counted();
    const runner = bench.newRunner({ mostCompiled: 1 });
    const run = async (alpha: number) => {
      const { settings } = short();
      const work = short({ settings: { ...settings, alpha } });
      await search(runner, work, await bench.context({ backend: counting }));
    };
    await run(0.2);
    await run(0.3);
    expect(counts).toEqual({ compiled: 4, disposed: 2 });
    await run(0.2);
    expect(counts).toEqual({ compiled: 6, disposed: 4 });
    await runner.close();
    expect(counts).toEqual({ compiled: 6, disposed: 6 });
  });

  it.each([
    [
      "whose digest is another",
      { digest: "ab".repeat(32) },
      "dataset",
      /registered was abab/,
    ],
    ["that has no such split", { split: "val" }, "dataset", /no split "val"/],
  ])("refuses a data set %s", async (_, changes, code, message) => {
    const { dataset } = short();
    const work = short({ dataset: { ...dataset, ...changes } });
    await expect(
      bench.newRunner().run(work, await bench.context()),
    ).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it("refuses a model file that is not the one asked for, as this machine's fault", async () => {
    const { model } = short();
    const work = short({ model: { ...model, sha256: "0".repeat(64) } });
    await expect(
      bench.newRunner().run(work, await bench.context()),
    ).rejects.toMatchObject({ code: "storage" });
  });

  it.each([
    ["a class beyond the model's", { targetClass: 3 }],
    ["a canvas beyond the class's", { canvasIndex: 99 }],
  ])("refuses %s", async (_, changes) => {
    const searches = [{ ...identities(1)[0], ...changes }];
    await expect(
      bench.newRunner().run(short({ searches }), await bench.context()),
    ).rejects.toMatchObject({ code: "usage" });
  });
});

describe("the check of a model", () => {
  const check = async (changes: Partial<ModelFiles> = {}) => {
    const { model, dataset } = short();
    const outcome = await bench.newRunner().run(
      {
        kind: "check-model",
        model: { ...model, ...changes },
        dataset,
        backend: "auto",
      },
      await bench.context(),
    );
    if (outcome.kind !== "check-model") throw new Error(outcome.kind);
    return outcome;
  };
  const manifested = async (name: string, manifest: unknown) => {
    const manifestPath = join(bench.folder, `${name}.json`);
    await writeFile(manifestPath, JSON.stringify(manifest));
    return { manifestPath };
  };

  it("tells what planning searches needs to know", async () => {
    const groundTruth = { status: "poisoned", targetClass: 2 };
    const outcome = await check(
      await manifested("poisoned", { groundTruth, declaredAccuracy: 1 }),
    );
    expect(outcome).toMatchObject({
      refusal: null,
      name: "columns",
      inputShape: [1, 8, 8],
      numClasses: 3,
      cleanAccuracy: 1,
      cleanAccuracyImages: 120,
      classNames: ["0", "1", "2"],
      parts: { canvas: 24, search: 24, evaluate: 72 },
      canvasesByClass: [8, 8, 8],
      searchImagesByClass: [8, 8, 8],
      warnings: [],
      groundTruth,
    });
    expect(outcome.imagesPerSecond).toBeGreaterThan(1);
    expect(outcome.importMs).toBeGreaterThan(0);
  });

  it("refuses one whose declared accuracy is wrong, by its name and without this machine's paths", async () => {
    const outcome = await check(
      await manifested("wrong", { declaredAccuracy: 0.9 }),
    );
    expect(outcome.refusal).toMatch(
      /^columns: declared accuracy 90\.00%, measured 100\.00%/,
    );
  });

  it("refuses one that is no model, without this machine's paths", async () => {
    const path = join(bench.folder, "broken.onnx");
    await writeFile(path, "this is no model at all, just text");
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const { refusal } = await check({ path, sha256, name: "broken" });
    expect(refusal).toMatch(/^broken: /);
    expect(refusal).not.toContain(bench.folder);
  });

  it("throws where this machine is at fault", async () => {
    await expect(
      check({ manifestPath: join(bench.folder, "nowhere.json") }),
    ).rejects.toMatchObject({ code: "storage" });
  });
});

describe("the inspection of a data set", () => {
  const inspect = async (
    path: string,
    changes: { split?: string; digest?: string } = {},
  ) => {
    const dataset = { path, name: "numbers", split: null, digest: null };
    const outcome = await bench
      .newRunner()
      .run(
        { kind: "inspect-dataset", dataset: { ...dataset, ...changes } },
        await bench.context(),
      );
    if (outcome.kind !== "inspect-dataset") throw new Error(outcome.kind);
    return outcome;
  };

  it("tells its outline, and the digest that a search finds", async () => {
    const outcome = await inspect(bench.folder);
    expect(outcome).toMatchObject({
      refusal: null,
      format: "idx",
      images: 120,
      classNames: ["0", "1", "2"],
      splits: ["test"],
      imagesByClass: [40, 40, 40],
      samples: {
        height: 8,
        width: 8,
        perClass: 8,
        classesPerSheet: 100,
        sheets: [expect.stringMatching(/samples-0\.png$/) as string],
      },
    });
    const { dataset } = short();
    const work = short({ dataset: { ...dataset, digest: outcome.digest } });
    await search(bench.newRunner(), work, await bench.context());
    expect((await inspect(bench.folder, { split: "test" })).digest).toBe(
      outcome.digest,
    );
  });

  it("draws images as the data set has them, and pictures that each have a size of their own", async () => {
    const { samples } = await inspect(bench.folder);
    const { data, info } = await sharp(samples!.sheets[0])
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 64, height: 24, channels: 4 });
    const dataset = await openDataset(bench.folder, { imageShape: [1, 8, 8] });
    const pixels = new Uint8Array(120 * 64);
    await dataset.read([...dataset.labels.keys()], pixels);
    const known = dataset.labels.reduce((images, label, index) => {
      const image = pixels.subarray(64 * index, 64 * index + 64);
      return images.add(`${label} ${[...image].join()}`);
    }, new Set<string>());
    await dataset.close();
    for (let cell = 0; cell < 24; cell++) {
      const label = Math.floor(cell / 8);
      const drawn = Array.from({ length: 64 }, (_, i) => {
        const y = 8 * label + Math.floor(i / 8);
        return data[4 * (64 * y + 8 * (cell % 8) + (i % 8))];
      });
      expect(known).toContain(`${label} ${drawn.join()}`);
    }

    const folder = join(bench.folder, "pictures");
    for (const [name, width, height, background] of [
      ["a/1.png", 200, 100, "#ff0000"],
      ["b/1.png", 20, 30, "#0000ff"],
    ] as const) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await sharp({
        create: { width, height, channels: 3, background },
      }).toFile(join(folder, name));
    }
    expect(await inspect(folder)).toMatchObject({
      format: "image-folder",
      imagesByClass: [1, 1],
      samples: { height: 64, width: 64, perClass: 1 },
    });
  });

  it.each([
    ["what is missing", async () => join(bench.folder, "nowhere")],
    [
      "labels that are cut off",
      async () => {
        const folder = join(bench.folder, "cut");
        await mkdir(folder, { recursive: true });
        for (const name of await readdir(bench.folder))
          if (name.endsWith("ubyte"))
            await cp(join(bench.folder, name), join(folder, name));
        const labels = join(folder, "test-labels-idx1-ubyte");
        await writeFile(labels, (await readFile(labels)).subarray(0, -1));
        return folder;
      },
    ],
  ])("refuses %s, without this machine's paths", async (_, make) => {
    const { refusal } = await inspect(await make());
    expect(refusal).toMatch(/^numbers/);
    expect(refusal).not.toContain(bench.folder);
  });

  it("refuses another content than was registered", async () => {
    const { refusal } = await inspect(bench.folder, { digest: "0".repeat(64) });
    expect(refusal).toContain("registered was 0000");
  });
});

describe("an accelerator", () => {
  it("does one run at a time, whatever shards ask for", async () => {
    let running = 0;
    let most = 0;
    const shared = takeTurns({
      name: "onnxruntime",
      provider: "webgpu",
      threads: 1,
      compile: async () => ({
        async run() {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return [];
        },
        dispose: async () => undefined,
      }),
    });
    const graph = { inputs: [], outputs: [], nodes: [] };
    const executables = [
      await shared.compile(graph),
      await shared.compile(graph),
    ];
    await Promise.all(
      executables.flatMap((each) => [each.run({}), each.run({})]),
    );
    expect(most).toBe(1);
  });
});
