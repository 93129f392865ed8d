import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShardResult } from "@motif/proto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SearchOutcome, ShardOutcome } from "../shards/shard.ts";
import { sha256 } from "./check-control-plane.ts";
import { outcomeToWire } from "./outcome-to-wire.ts";
import { artifactsOf } from "./result-artifacts.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-outcome-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function pattern(
  seed: number,
): Promise<SearchOutcome["patterns"][number]> {
  const write = async (name: string, content: string) => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  return {
    identity: { targetClass: 3, canvasIndex: 1, seed },
    steps: 500,
    imageGradients: 2_000,
    maskL1: 12.5,
    mask: await write(`mask-${seed}.npy`, `mask ${seed}`),
    // Seeds share their canvas.
    canvas: await write("canvas.png", "canvas"),
    pattern: await write(`pattern-${seed}.png`, `pattern ${seed}`),
    heatmap: await write(`heatmap-${seed}.png`, `heatmap ${seed}`),
    topPixels: [7, 5, 6],
    predictivePower: [
      {
        k: 3,
        fraction: 0.1,
        power: 0.9,
        baseRate: 0.01,
        n: 900,
        wilson95: [0.88, 0.92],
      },
    ],
    sourceToTarget: [{ sourceClass: 0, power: 0.5, n: 100 }],
    kStar: seed === 0 ? 3 : null,
    wallMs: 40,
    trace: { steps: [1, 500], loss: [2.5, 0.5], maskL1: [392, 12.5] },
  };
}

it("names a search's files by their digests, each once, and says the rest in the wire's words", async () => {
  const { result, files } = await outcomeToWire({
    kind: "search",
    patterns: [await pattern(0), await pattern(1)],
    backend: { name: "onnxruntime", provider: "cpu", threads: 2 },
    compileMs: 1,
    searchMs: 2,
    evaluateMs: 3,
  });
  const contents = ["canvas"];
  for (const name of ["mask", "pattern", "heatmap"])
    contents.push(`${name} 0`, `${name} 1`);
  const digests = contents.map((text) => sha256(Buffer.from(text))).sort();
  expect(files.map((file) => file.sha256).sort()).toEqual(digests);
  expect(
    artifactsOf(result)
      .map((one) => one.sha256)
      .sort(),
  ).toEqual(digests);

  const sent = ShardResult.decode(ShardResult.encode(result).finish());
  expect(sent.kind).toMatchObject({
    $case: "search",
    value: {
      patterns: [
        {
          identity: { targetClass: 3, canvasIndex: 1, seed: 0 },
          mask: { sha256: sha256(Buffer.from("mask 0")), bytes: 6 },
          topPixels: [7, 5, 6],
          predictivePower: [{ power: 0.9, wilsonLow: 0.88, wilsonHigh: 0.92 }],
          kStar: 3,
          trace: { steps: [1, 500], loss: [2.5, 0.5], maskL1: [392, 12.5] },
        },
        { kStar: undefined },
      ],
      evaluateMs: 3,
    },
  });
});

it("keeps a refusal, and what is null, as the wire says it", async () => {
  const outcome: ShardOutcome = {
    kind: "check-model",
    refusal: null,
    name: "net",
    inputShape: [1, 28, 28],
    numClasses: 10,
    cleanAccuracy: 0.88,
    cleanAccuracyImages: 2000,
    classNames: ["a"],
    parts: { canvas: 1, search: 2, evaluate: 3 },
    canvasesByClass: [4],
    searchImagesByClass: [5],
    imagesPerSecond: 6,
    warnings: ["small"],
    groundTruth: { status: "clean" },
    importMs: 7,
  };
  const { result, files } = await outcomeToWire(outcome);
  expect(files).toEqual([]);
  expect(result.kind).toMatchObject({
    $case: "checkModel",
    value: {
      refusal: "",
      canvasImages: 1,
      searchImages: 2,
      evaluateImages: 3,
      groundTruthJson: '{"status":"clean"}',
    },
  });
  const refused = await outcomeToWire({
    ...outcome,
    refusal: "too bad",
    groundTruth: null,
  });
  expect(refused.result.kind).toMatchObject({
    value: { refusal: "too bad", groundTruthJson: "" },
  });
});

it("names a data set's sheets by their digests, and has none where it is refused", async () => {
  const path = join(directory, "samples-0.png");
  await writeFile(path, "sheet");
  const outcome: ShardOutcome = {
    kind: "inspect-dataset",
    refusal: null,
    format: "idx",
    digest: "ab",
    images: 5,
    classNames: ["a", "b"],
    splits: [],
    imagesByClass: [2, 3],
    samples: {
      ...{ height: 28, width: 20, perClass: 3, classesPerSheet: 100 },
      sheets: [path],
    },
  };
  const { result, files } = await outcomeToWire(outcome);
  const sheet = { sha256: sha256(Buffer.from("sheet")), bytes: 5 };
  expect(files).toEqual([{ path, ...sheet }]);
  expect(artifactsOf(result)).toEqual([{ ...sheet, mediaType: "image/png" }]);
  const sent = ShardResult.decode(ShardResult.encode(result).finish());
  expect(sent.kind).toMatchObject({
    value: {
      imagesByClass: [2, 3],
      samples: { height: 28, width: 20, perClass: 3, sheets: [sheet] },
    },
  });
  const refused = await outcomeToWire({ ...outcome, samples: null });
  expect(refused.result.kind).toMatchObject({ value: { samples: undefined } });
  expect(artifactsOf(refused.result)).toEqual([]);
});

it("names the documents that a comparison changed, and says what is another in them", async () => {
  const path = join(directory, "audit-4.json");
  await writeFile(path, "document");
  const verdict = {
    verdict: "backdoor suspected",
    reason: "few pixels",
    rule: { name: "regression", threshold: 0.5, source: "models" },
    perturbation: "patch",
    ...{ probability: 0.9, targetClass: 1, moves: null },
    ...{ anomalyIndex: 7, pValue: null },
  } as const;
  const outcome: ShardOutcome = {
    kind: "compare-audits",
    changed: [
      {
        ...{ place: 4, document: path },
        summary: {
          schemaVersion: 1,
          model: {
            ...{ name: "net", sha256: "m", inputShape: [1, 8, 8] },
            ...{ numClasses: 2, cleanAccuracy: 1, cleanAccuracyImages: 9 },
            groundTruth: null,
          },
          dataset: { name: "images", digest: "d", classes: ["a", "b"] },
          config: {
            ...{ method: "motif", seed: 0, seeds: 2, isExhaustive: false },
            ...{ threshold: 0.9, evaluateImages: 400 },
          },
          backend: { name: "reference", provider: "cpu", threads: 1 },
          verdict,
          peers: { count: 5, alone: verdict },
          triggerOverlap: null,
          cost: { imageGradients: 1, exhaustiveImageGradients: 2 },
        },
      },
    ],
    compareMs: 3,
  };
  const { result, files } = await outcomeToWire(outcome);
  const document = { sha256: sha256(Buffer.from("document")), bytes: 8 };
  expect(files).toEqual([{ path, ...document }]);
  expect(artifactsOf(result)).toEqual([
    { ...document, mediaType: "application/json" },
  ]);
  const sent = ShardResult.decode(ShardResult.encode(result).finish());
  expect(sent.kind).toEqual({
    $case: "compareAudits",
    value: {
      changed: [
        {
          ...{ place: 4, peers: 5, document, verdict: "backdoor suspected" },
          ...{ reason: "few pixels", probability: 0.9, targetClass: 1 },
          ...{ targetClassName: "b", perturbation: "patch", anomalyIndex: 7 },
          pValue: undefined,
        },
      ],
      compareMs: 3,
    },
  });
});

it("refuses a result that no message can carry", async () => {
  const large = {
    ...(await pattern(0)),
    topPixels: Array.from({ length: 2_000_000 }, () => 70_000),
  };
  await expect(
    outcomeToWire({
      kind: "search",
      patterns: [large],
      backend: { name: "reference", provider: "cpu", threads: 1 },
      compileMs: 0,
      searchMs: 0,
      evaluateMs: 0,
    }),
  ).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(
      "too many searches into one shard",
    ) as string,
  });
});
