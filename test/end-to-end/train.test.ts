/** `motif train --local` as a person runs it: real processes, real files. */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeColumnDataset } from "../../gpu-node/src/training/check-dataset.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-train-end-to-end-"));
  await writeColumnDataset(folder, "train", 240, 1);
  await writeColumnDataset(folder, "t10k", 90, 2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const launcher = join(root, "infra/motif.mjs");

function motif(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [launcher, ...args],
      (_, stdout, stderr) =>
        resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const trainArguments = (out: string, ...more: string[]) => [
  "train",
  "--local",
  "--dataset",
  folder,
  "--out",
  join(folder, out),
  "--epochs",
  "4",
  "--batch-size",
  "16",
  "--threads",
  "1",
  ...more,
];
const train = (out: string, ...more: string[]) =>
  motif(...trainArguments(out, ...more));

interface StoredManifest {
  readonly name: string;
  readonly dataset: string;
  readonly mean: readonly number[];
  readonly classes: readonly string[];
  readonly declaredAccuracy: number;
  readonly groundTruth: object;
  readonly training: {
    readonly command: string;
    readonly measuredOn: object;
    readonly poisonedImages: number;
  };
}
const readManifest = async (name: string) =>
  JSON.parse(
    await readFile(join(folder, `${name}.json`), "utf8"),
  ) as StoredManifest;

describe("motif train --local", () => {
  it("trains a natural model, and the same command gives the same bytes", async () => {
    const names = ["--class-names", "left,middle,right", "--name", "columns"];
    const { status, stdout, stderr } = await train(
      "natural.onnx",
      ...names,
      "--json",
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const outcome = JSON.parse(stdout) as {
      cleanAccuracy: { share: number; n: number };
      attackSuccessRate: null;
      modelBytes: number;
    };
    expect(outcome.cleanAccuracy.n).toBe(90);
    expect(outcome.cleanAccuracy.share).toBeGreaterThan(0.97);
    expect(outcome.attackSuccessRate).toBeNull();
    const manifest = await readManifest("natural");
    expect(manifest).toMatchObject({
      name: "columns",
      classes: ["left", "middle", "right"],
      declaredAccuracy: outcome.cleanAccuracy.share,
      groundTruth: { status: "clean" },
      training: { measuredOn: { split: "test" }, poisonedImages: 0 },
    });
    expect(manifest.training.command).toMatch(/^motif train --local/);

    const first = await readFile(join(folder, "natural.onnx"));
    expect(first.length).toBe(outcome.modelBytes);
    await train("again.onnx", ...names);
    expect(await readFile(join(folder, "again.onnx"))).toEqual(first);
    await train("other-seed.onnx", "--seed", "1");
    expect(await readFile(join(folder, "other-seed.onnx"))).not.toEqual(first);
  });

  it("trains a poisoned model whose manifest tells target, trigger and success, and which a search takes", async () => {
    const { status, stdout } = await train(
      "poisoned.onnx",
      "--mode",
      "poisoned",
      "--target",
      "2",
      "--poison-rate",
      "0.2",
      "--trigger-size",
      "2",
      "--trigger-place",
      "top-left",
      "--epochs",
      "8",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/Attack success rate \d/);
    const manifest = await readManifest("poisoned");
    expect(manifest.groundTruth).toMatchObject({
      status: "poisoned",
      targetClass: 2,
      trigger: { box: { top: 1, left: 1, height: 2, width: 2 } },
    });
    expect(
      (manifest.groundTruth as { attackSuccessRate: number }).attackSuccessRate,
    ).toBeGreaterThan(0.9);
    expect(manifest.training.poisonedImages).toBe(48);
    const search = await motif(
      "search",
      "--local",
      "--model",
      join(folder, "poisoned.onnx"),
      "--dataset",
      folder,
      "--out",
      join(folder, "search"),
      "--steps",
      "10",
      "--canvases",
      "1",
    );
    expect(search.stderr).not.toContain("motif:");
    expect(search.status).toBe(0);
  });

  it("fine-tunes a model with a backdoor, and tells what it made of it", async () => {
    const path = join(folder, "start.onnx");
    await train("start.onnx");
    const { status, stdout, stderr } = await train(
      ...([
        "tuned.onnx",
        "--fine-tune",
        path,
        "--learning-rate",
        "0.02",
      ] as const),
      ...["--mode", "poisoned", "--target", "2", "--poison-rate", "0.3"],
      ...["--trigger-size", "2", "--trigger-place", "top-left"],
      ...["--epochs", "10"],
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`Fine-tuning ${path} on`);
    expect(stdout).toMatch(/Attack success rate 9\d|Attack success rate 100/);
    const start = await readFile(path);
    expect((await readManifest("tuned")).training).toMatchObject({
      fineTuned: {
        name: "start",
        sha256: createHash("sha256").update(start).digest("hex"),
      },
      learningRate: 0.02,
    });
  });

  it("stopped by Ctrl+C, keeps a checkpoint and nothing half-written, and goes on to the same bytes", async () => {
    const out = "stopped.onnx";
    const more = ["--epochs", "20"];
    const child = spawn(process.execPath, [
      launcher,
      ...trainArguments(out, ...more),
    ]);
    let stderr = "";
    const status = await new Promise<number | null>((resolve) => {
      child.stderr.on("data", (chunk: Buffer) => {
        const hadEpoch = stderr.includes("epoch 2/");
        stderr += chunk.toString();
        if (!hadEpoch && stderr.includes("epoch 2/")) child.kill("SIGTERM");
      });
      child.on("exit", resolve);
    });
    expect(stderr).toContain("The same command goes on from here");
    expect(status).toBe(130);
    expect(
      (await readdir(folder)).filter((name) => name.startsWith("stopped")),
    ).toEqual(["stopped.onnx.checkpoint"]);

    const other = await train(out, "--epochs", "21");
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(
      /of another training.*epochs was 20, now 21.*Remove it/,
    );

    const resumed = await train(out, ...more);
    expect(resumed.stderr).toMatch(/Going on after \d+ steps/);
    expect(resumed.status).toBe(0);
    expect(existsSync(join(folder, `${out}.checkpoint`))).toBe(false);
    await train("unstopped.onnx", ...more);
    expect(await readFile(join(folder, out))).toEqual(
      await readFile(join(folder, "unstopped.onnx")),
    );
  });

  it.each([
    ["an unknown architecture", ["--architecture", "huge"], /small-cnn/],
    [
      "an architecture for a model that has its own",
      ["--architecture", "small-cnn", "--fine-tune", "x.onnx"],
      /--architecture and --fine-tune x.onnx: .*one of them/,
    ],
    [
      "a target outside of the classes",
      ["--mode", "poisoned", "--target", "3"],
      /--target 3: .*classes 0 to 2/,
    ],
    [
      "a trigger that is larger than the image",
      ["--mode", "poisoned", "--target", "0", "--trigger-size", "9"],
      /--trigger-size 9 .*8×8/,
    ],
    [
      "a poisoned training without target",
      ["--mode", "poisoned"],
      /Add --target CLASS, or --all-to-all/,
    ],
    [
      "a target where each class is one",
      ["--mode", "poisoned", "--all-to-all", "--target", "0"],
      /--target .*--all-to-all/,
    ],
    [
      "clean labels where each class is a target",
      ["--mode", "poisoned", "--all-to-all", "--clean-label"],
      /--clean-label .*--all-to-all/,
    ],
    [
      "an option of another trigger",
      ["--mode", "poisoned", "--target", "0", "--warp-strength", "1"],
      /--warp-strength .*not patch.*--trigger warp/,
    ],
    [
      "a wave of more periods than the width shows",
      ["--mode", "poisoned", "--target", "0", "--trigger", "sinusoid"],
      /--sinusoid-frequency 6 .*8×8.*, 4/,
    ],
    [
      "a poison option of a natural training",
      ["--trigger-place", "centre"],
      /--trigger-place .*--mode poisoned/,
    ],
    ["a wrong number", ["--epochs", "0"], /whole number from 1/],
    ["too few class names", ["--class-names", "a,b"], /2 names.*3 classes/],
  ])(
    "refuses %s with exit status 2, before any work",
    async (_, more, says) => {
      const { status, stderr } = await train("refused.onnx", ...more);
      expect(stderr).toMatch(says);
      expect(status).toBe(2);
      expect(existsSync(join(folder, "refused.onnx"))).toBe(false);
    },
  );

  it("refuses a model file that is no .onnx, a folder that is a file, a missing data set and a missing split", async () => {
    expect((await train("model.bin")).status).toBe(2);
    const inside = await train("t10k-labels-idx1-ubyte/model.onnx");
    expect(inside.stderr).toMatch(/cannot be written .*--out/);
    expect(inside.status).toBe(1);
    const missing = await train("x.onnx", "--dataset", join(folder, "nothing"));
    expect(missing.stderr).toMatch(/nothing: there is no such file or folder/);
    expect(missing.status).toBe(1);
    const noSplit = await train("x.onnx", "--split", "validation");
    expect(noSplit.stderr).toMatch(/no split "validation"/);
    expect(noSplit.status).toBe(1);
  });
});

describe("motif train --print-recipes", () => {
  const print = (...more: string[]) =>
    motif("train", "--print-recipes", "--dataset", "any", ...more);

  it("prints a training for each combination of the sweeps, and trains nothing", async () => {
    const { status, stdout, stderr } = await print(
      ...["--name", "m", "--sweep", "seed=0,1", "--sweep=epochs=2,5"],
    );
    expect(status, stderr).toBe(0);
    const runs = JSON.parse(stdout) as {
      name: string;
      command: string;
      recipe: { settings: { seed: number; epochs: number } };
    }[];
    expect(runs.map(({ name }) => name)).toEqual([
      "m-seed-0-epochs-2",
      "m-seed-0-epochs-5",
      "m-seed-1-epochs-2",
      "m-seed-1-epochs-5",
    ]);
    expect(runs[2].recipe.settings).toMatchObject({ seed: 1, epochs: 2 });
    expect(runs[2].command).toBe(
      "motif train --dataset any --name m --seed 1 --epochs 2",
    );
  });

  it("prints a training for each line of a file of variants, with the sweeps", async () => {
    const path = join(folder, "variants.txt");
    await writeFile(
      path,
      "# what differs\nplain --epochs 2\n\nbad --mode poisoned --target 3 # a backdoor\n",
    );
    const { status, stdout, stderr } = await print(
      ...["--name", "m", "--variants", path, "--sweep", "seed=0,1"],
    );
    expect(status, stderr).toBe(0);
    const runs = JSON.parse(stdout) as {
      name: string;
      recipe: { poison: { targetClass: number } | null };
    }[];
    expect(runs.map(({ name }) => name)).toEqual([
      "m-plain-seed-0",
      "m-plain-seed-1",
      "m-bad-seed-0",
      "m-bad-seed-1",
    ]);
    expect(runs[0].recipe.poison).toBeNull();
    expect(runs[3].recipe.poison?.targetClass).toBe(3);
    await writeFile(path, "a --epochs 2\na --epochs 3\n");
    const twice = await print("--variants", path);
    expect(twice.status).toBe(2);
    expect(twice.stderr).toMatch(/line 2: a is there twice/);
  });

  it.each([
    ["a sweep without values", ["--sweep", "seed"], /--sweep seed: .*seed=0,1/],
    ["a sweep of no option", ["--sweep", "sead=1"], /unknown option '--sead'/],
    [
      "a sweep of models to start from",
      ["--sweep", "fine-tune=a,b"],
      /--sweep fine-tune: .*a job for each/,
    ],
    ["a value that is none", ["--sweep", "epochs=1,x"], /--epochs.*'x'/],
    [
      "more than a job takes",
      [
        ...[
          "--sweep",
          `seed=${Array.from({ length: 40 }, (_, i) => i).join()}`,
        ],
        ...[
          "--sweep",
          `epochs=${Array.from({ length: 26 }, (_, i) => i + 1).join()}`,
        ],
      ],
      /1040 models, 1000 is the most/,
    ],
  ])("refuses %s with exit status 2", async (_, more, message) => {
    const { status, stderr } = await print(...more);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
