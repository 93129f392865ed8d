/** `motif evaluate --local` as a person runs it, on the demo's models and data. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEvaluationOutcome } from "../local/evaluate-locally.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = join(root, "gpu-node/src/commands/main.ts");
const demo = join(root, "infra/demo");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-evaluate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const argumentsFor = (model: string, ...more: string[]) => [
  program,
  "evaluate",
  "--local",
  "--model",
  join(demo, `models/${model}.onnx`),
  "--dataset",
  join(demo, "data"),
  "--backend",
  "onnxruntime:cpu",
  "--threads",
  "1",
  ...more,
];

function evaluate(model: string, ...more: string[]) {
  return new Promise<{ status: number; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(
        process.execPath,
        argumentsFor(model, ...more),
        (_, stdout, stderr) =>
          resolve({ status: child.exitCode ?? -1, stdout, stderr }),
      );
    },
  );
}

const measured = async (model: string, ...more: string[]) => {
  const { status, stdout, stderr } = await evaluate(model, ...more, "--json");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout) as LocalEvaluationOutcome & { wallMs: number };
};

const manifestOf = async (model: string) =>
  JSON.parse(await readFile(join(demo, `models/${model}.json`), "utf8")) as {
    declaredAccuracy: number;
    groundTruth: { attackSuccessRate: number };
  };

describe("the demo's models", () => {
  it("the natural one has the accuracy that it declares, and no backdoor", async () => {
    const { clean, robustness, attackSuccessRate, noAttackSuccessRate } =
      await measured("natural", "--attack", "none");
    const { declaredAccuracy } = await manifestOf("natural");
    expect(clean.accuracy.n).toBe(2000);
    expect(clean.accuracy.share).toBeCloseTo(declaredAccuracy, 3);
    expect(clean.classes).toHaveLength(10);
    expect(clean.classes[0].name).toBe("T-shirt/top");
    expect(clean.expectedCalibrationError).toBeGreaterThan(0);
    expect(clean.expectedCalibrationError).toBeLessThan(0.1);
    expect(robustness).toBeNull();
    expect(attackSuccessRate).toBeNull();
    expect(noAttackSuccessRate).toMatch(/model is clean/);
  });

  it("the poisoned one's attack success rate is its manifest's", async () => {
    const { attackSuccessRate } = await measured("badnets", "--attack", "none");
    const { groundTruth } = await manifestOf("badnets");
    expect(attackSuccessRate!.n).toBe(1800);
    expect(
      Math.abs(attackSuccessRate!.share - groundTruth.attackSuccessRate),
    ).toBeLessThan(0.002);
  });

  it("the ensemble finds at least what PGD finds, the same every time, and is written", async () => {
    const out = join(folder, "results/natural.json");
    const ensemble = [
      ...["--attack", "ensemble", "--images", "24", "--epsilon", "0.03"],
      ...["--apgd-steps", "10", "--apgd-targets", "2"],
      ...["--square-queries", "20", "--out", out],
    ];
    const { wallMs, ...first } = await measured("natural", ...ensemble);
    expect(wallMs).toBeGreaterThan(0);
    const { robustness, clean } = first;
    expect(robustness!.attacks.map(({ name }) => name)).toEqual([
      "PGD-20",
      "APGD-CE",
      "APGD-T",
      "Square",
    ]);
    const [pgd] = robustness!.attacks;
    expect(pgd.tried).toBe(Math.round(24 * clean.accuracy.share));
    expect(pgd.fooled).toBeGreaterThan(0);
    expect(robustness!.robustAccuracy.share).toBeGreaterThan(0);
    expect(robustness!.robustAccuracy.share).toBeLessThanOrEqual(
      pgd.robustAccuracy.share,
    );
    const fooled = robustness!.attacks.reduce(
      (sum, each) => sum + each.fooled,
      0,
    );
    expect(24 * robustness!.robustAccuracy.share).toBeCloseTo(
      pgd.tried - fooled,
      9,
    );
    const inClasses = robustness!.classes.reduce(
      (sum, { share, n }) => sum + share * n,
      0,
    );
    expect(inClasses).toBeCloseTo(pgd.tried - fooled, 9);
    const { wallMs: _, ...again } = await measured("natural", ...ensemble);
    expect(again).toEqual(first);
    expect(JSON.parse(await readFile(out, "utf8"))).toEqual(first);
  });

  it("tells people in words, and how far it is", async () => {
    const { status, stdout, stderr } = await evaluate(
      "badnets",
      ...["--images", "40", "--steps", "3"],
    );
    expect(stderr).toMatch(/PGD-3: \d+ of \d+ images fall, .* still stand/);
    expect(stdout).toMatch(/Clean accuracy \d+\.\d+% of 40 images \(95%: /);
    expect(stdout).toMatch(/Attack success rate \d+\.\d+% of \d+ images/);
    expect(stdout).toMatch(
      /Robust accuracy .* under PGD-3 within L∞ ε = 0\.1\./,
    );
    expect(stdout).toMatch(/Ankle boot +\d+ +\d+\.\d+%/);
    expect(status).toBe(0);
  });
});

it("stopped, it ends with status 130 and writes nothing", async () => {
  const out = join(folder, "stopped.json");
  const child = spawn(
    process.execPath,
    argumentsFor("natural", "--steps", "100000", "--out", out),
  );
  let stderr = "";
  const status = await new Promise<number | null>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      const wasAttacking = stderr.includes("PGD-100000 on");
      stderr += chunk.toString();
      if (!wasAttacking && stderr.includes("PGD-100000 on"))
        child.kill("SIGTERM");
    });
    child.on("exit", resolve);
  });
  expect(stderr).toContain("Nothing was written");
  expect(status).toBe(130);
  expect(existsSync(out)).toBe(false);
});

describe("what is wrong is refused before anything is measured", () => {
  it.each([
    [["--epsilon", "0"], /--epsilon.*number above 0/],
    [["--epsilon", "-0.1"], /--epsilon.*number above 0/],
    [["--step-size", "0"], /--step-size.*number above 0/],
    [["--norm", "l1"], /--norm.*linf, l2/],
    [["--images", "0"], /whole number from 1/],
    [["--attack", "none", "--epsilon", "0.1"], /--epsilon .*--attack pgd/],
    [["--apgd-steps", "5"], /--apgd-steps .*--attack ensemble/],
  ])("%j, with status 2", async (more, says) => {
    const { status, stderr, stdout } = await evaluate("natural", ...more);
    expect(stderr).toMatch(says);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  it("a split that is not there, a data set of other classes or smaller images, a file that cannot be written", async () => {
    const noSplit = await evaluate("natural", "--split", "validation");
    expect(noSplit.stderr).toMatch(/no split "validation"/);
    expect(noSplit.status).toBe(1);

    const data = join(folder, "two-classes");
    for (const [size, says] of [
      [28, /two-classes has 2 classes, the model fashion-natural has 10/],
      [1, /cat\/1\.png: 1×1 pixels, the model takes 28×28/],
    ] as const) {
      for (const name of ["cat", "dog"]) {
        await mkdir(join(data, name), { recursive: true });
        const background = { r: 9, g: 9, b: 9 };
        await sharp({
          create: { width: size, height: size, channels: 3, background },
        }).toFile(join(data, name, "1.png"));
      }
      const refused = await evaluate("natural", "--dataset", data);
      expect(refused.stderr).toMatch(says);
      expect(refused.status).toBe(1);
    }

    const asFolder = await evaluate("natural", "--out", folder);
    expect(asFolder.stderr).toMatch(/it is a folder.*--out/);
    expect(asFolder.status).toBe(1);
  });

  it("without --local it says what is missing", async () => {
    const { status, stderr } = await new Promise<{
      status: number;
      stderr: string;
    }>((resolve) => {
      const words = argumentsFor("natural").filter(
        (word) => word !== "--local",
      );
      const child = execFile(process.execPath, words, (_, __, stderr) =>
        resolve({ status: child.exitCode ?? -1, stderr }),
      );
    });
    expect(stderr).toMatch(/needs --local/);
    expect(status).toBe(2);
  });
});
