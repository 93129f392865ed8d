/** Shard results, wire to plain; every field is held against what the database and the readers of results can take. */
import type * as wire from "@motif/proto";
import type {
  CheckModelResult,
  InspectDatasetResult,
  Pattern,
  PowerPoint,
  SampleSheets,
  SearchResult,
  SearchTrace,
  ShardResult,
  TrainResult,
} from "../shards/shard-result.ts";
import type { SearchIdentity } from "../shards/shard-spec.ts";
import {
  largestInteger,
  readInteger,
  readList,
  readNumber,
  readPresent,
  readShare,
  readText,
} from "./wire-fields.ts";
import { FieldViolation } from "./status.ts";
import { readArtifact } from "./wire-artifact.ts";
import { readAudit, readComparison } from "./wire-audit.ts";
import { readBackend } from "./wire-backend.ts";
import { readEvaluation } from "./wire-evaluation.ts";
import { readEpochs } from "./wire-training.ts";

/** Patterns of one shard, classes of one model, points of one curve. */
const mostEntries = 100_000;
const mostTopPixels = 1_000_000;
const mostTraced = 64;
/** Pixels of a sample's side, and samples of a class. */
const largestSample = 64;
const mostSamples = 8;
const longestName = 1_000;
const longestText = 10_000;
const largestCount = Number.MAX_SAFE_INTEGER;

/** @throws FieldViolation */
export function fromWireShardResult(
  result: wire.ShardResult | undefined,
): ShardResult {
  const kind = readPresent("result", result?.kind);
  switch (kind.$case) {
    case "search":
      return readSearch(kind.value);
    case "checkModel":
      return readCheckModel(kind.value);
    case "inspectDataset":
      return readInspectDataset(kind.value);
    case "train":
      return readTrain(kind.value);
    case "trainRound":
      return {
        kind: "train-round",
        checkpoint: readArtifact(kind.value.checkpoint, "checkpoint"),
        epochs: readEpochs("epochs", kind.value.epochs, mostEntries),
        trainMs: readNumber("train_ms", kind.value.trainMs),
      };
    case "evaluate":
      return readEvaluation(kind.value);
    case "audit":
      return readAudit(kind.value);
    case "compareAudits":
      return readComparison(kind.value);
    case "noop":
      return { kind: "noop" };
  }
}

function readSearch(result: wire.SearchResult): SearchResult {
  return {
    kind: "search",
    patterns: readList("patterns", result.patterns, mostEntries, readPattern),
    backend: readBackend(result.backend),
    compileMs: readNumber("compile_ms", result.compileMs),
    searchMs: readNumber("search_ms", result.searchMs),
    evaluateMs: readNumber("evaluate_ms", result.evaluateMs),
  };
}

const readPattern = (pattern: wire.Pattern, at: string): Pattern => ({
  identity: readIdentity(pattern.identity, `${at}.identity`),
  steps: readInteger(`${at}.steps`, pattern.steps),
  imageGradients: readInteger(
    `${at}.image_gradients`,
    pattern.imageGradients,
    0,
    largestCount,
  ),
  maskL1: readNumber(`${at}.mask_l1`, pattern.maskL1),
  mask: readArtifact(pattern.mask, `${at}.mask`),
  canvas: readArtifact(pattern.canvas, `${at}.canvas`),
  pattern: readArtifact(pattern.pattern, `${at}.pattern`),
  heatmap: readArtifact(pattern.heatmap, `${at}.heatmap`),
  topPixels: readList(
    `${at}.top_pixels`,
    pattern.topPixels,
    mostTopPixels,
    (pixel, place) => readInteger(place, pixel),
  ),
  predictivePower: readCurve(pattern.predictivePower, `${at}.predictive_power`),
  sourceToTarget: readList(
    `${at}.source_to_target`,
    pattern.sourceToTarget,
    mostEntries,
    (source, place) => ({
      sourceClass: readInteger(`${place}.source_class`, source.sourceClass),
      power: readShare(`${place}.power`, source.power),
      n: readInteger(`${place}.n`, source.n),
    }),
  ),
  kStar:
    pattern.kStar === undefined
      ? null
      : readInteger(`${at}.k_star`, pattern.kStar),
  wallMs: readNumber(`${at}.wall_ms`, pattern.wallMs),
  trace:
    pattern.trace === undefined
      ? null
      : readTrace(pattern.trace, `${at}.trace`),
});

function readTrace(trace: wire.SearchTrace, at: string): SearchTrace {
  const { steps, loss, maskL1 } = trace;
  if (loss.length !== steps.length || maskL1.length !== steps.length)
    throw new FieldViolation(
      at,
      `It has ${steps.length} steps, ${loss.length} losses and ${maskL1.length} sizes: one a step is expected.`,
    );
  return {
    steps: readList(`${at}.steps`, steps, mostTraced, (step, place) =>
      readInteger(place, step),
    ),
    loss: readList(`${at}.loss`, loss, mostTraced, (value, place) =>
      readNumber(place, value, -Number.MAX_VALUE),
    ),
    maskL1: readList(`${at}.mask_l1`, maskL1, mostTraced, (value, place) =>
      readNumber(place, value),
    ),
  };
}

function readIdentity(
  identity: wire.SearchIdentity | undefined,
  at: string,
): SearchIdentity {
  const { targetClass, canvasIndex, seed } = readPresent(at, identity);
  return {
    targetClass: readInteger(`${at}.target_class`, targetClass),
    canvasIndex: readInteger(`${at}.canvas_index`, canvasIndex),
    seed: readInteger(`${at}.seed`, seed),
  };
}

/** A size stands in a curve once: it is half of its key in the database. */
function readCurve(
  points: readonly wire.PowerPoint[],
  field: string,
): readonly PowerPoint[] {
  const sizes = new Set<number>();
  return readList(field, points, mostEntries, (point, at) => {
    const k = readInteger(`${at}.k`, point.k);
    if (sizes.has(k))
      throw new FieldViolation(`${at}.k`, `The curve has size ${k} twice.`);
    sizes.add(k);
    return {
      k,
      fraction: readShare(`${at}.fraction`, point.fraction),
      power: readShare(`${at}.power`, point.power),
      baseRate: readShare(`${at}.base_rate`, point.baseRate),
      n: readInteger(`${at}.n`, point.n),
      wilson95: [
        readShare(`${at}.wilson_low`, point.wilsonLow),
        readShare(`${at}.wilson_high`, point.wilsonHigh),
      ],
    };
  });
}

function readCheckModel(result: wire.CheckModelResult): CheckModelResult {
  const counts = (field: string, values: readonly number[]) =>
    readList(field, values, mostEntries, (value, at) => readInteger(at, value));
  return {
    kind: "check-model",
    refusal: readRefusal(result.refusal),
    name: readText("name", result.name, longestName),
    inputShape: readList("input_shape", result.inputShape, 3, (size, at) =>
      readInteger(at, size),
    ),
    numClasses: readInteger("num_classes", result.numClasses),
    cleanAccuracy: readShare("clean_accuracy", result.cleanAccuracy),
    cleanAccuracyImages: readInteger(
      "clean_accuracy_images",
      result.cleanAccuracyImages,
    ),
    classNames: readNames("class_names", result.classNames),
    parts: {
      canvas: readInteger("canvas_images", result.canvasImages),
      search: readInteger("search_images", result.searchImages),
      evaluate: readInteger("evaluate_images", result.evaluateImages),
    },
    canvasesByClass: counts("canvases_by_class", result.canvasesByClass),
    searchImagesByClass: counts(
      "search_images_by_class",
      result.searchImagesByClass,
    ),
    imagesPerSecond: readNumber("images_per_second", result.imagesPerSecond),
    warnings: readList("warnings", result.warnings, mostEntries, (text, at) =>
      readText(at, text, longestText),
    ),
    groundTruth: readJson("ground_truth_json", result.groundTruthJson),
    importMs: readNumber("import_ms", result.importMs),
  };
}

function readInspectDataset(
  result: wire.InspectDatasetResult,
): InspectDatasetResult {
  const classNames = readNames("class_names", result.classNames);
  const { imagesByClass } = result;
  if (imagesByClass.length > 0 && imagesByClass.length !== classNames.length)
    throw new FieldViolation(
      "images_by_class",
      `It has ${imagesByClass.length} entries for ${classNames.length} classes.`,
    );
  return {
    kind: "inspect-dataset",
    refusal: readRefusal(result.refusal),
    format: readText("format", result.format, longestName),
    digest: readText("digest", result.digest, longestName),
    images: readInteger("images", result.images, 0, largestCount),
    classNames,
    splits: readNames("splits", result.splits),
    imagesByClass:
      imagesByClass.length === 0
        ? null
        : imagesByClass.map((count, index) =>
            readInteger(`images_by_class[${index}]`, count),
          ),
    samples:
      result.samples === undefined
        ? null
        : readSamples(result.samples, classNames.length),
  };
}

/** Pages lay them out by these numbers without asking again. */
function readSamples(
  { sheets, ...sizes }: wire.SampleSheets,
  classes: number,
): SampleSheets {
  const size = (field: string, value: number, most: number) =>
    readInteger(`samples.${field}`, value, 1, most);
  const classesPerSheet = size(
    "classes_per_sheet",
    sizes.classesPerSheet,
    mostEntries,
  );
  const wanted = Math.ceil(classes / classesPerSheet);
  if (sheets.length !== wanted)
    throw new FieldViolation(
      "samples.sheets",
      `There are ${sheets.length} for ${classes} classes, ${classesPerSheet} a sheet: ${wanted} are expected.`,
    );
  return {
    height: size("height", sizes.height, largestSample),
    width: size("width", sizes.width, largestSample),
    perClass: size("per_class", sizes.perClass, mostSamples),
    classesPerSheet,
    sheets: sheets.map(
      (sheet, index) => readArtifact(sheet, `samples.sheets[${index}]`).sha256,
    ),
  };
}

const readNames = (
  field: string,
  names: readonly string[],
): readonly string[] =>
  readList(field, names, mostEntries, (name, at) =>
    readText(at, name, longestName),
  );

function readRefusal(text: string): string | null {
  return readText("refusal", text, longestText) || null;
}

/** @returns null for an empty text */
function readJson(field: string, text: string): unknown {
  readText(field, text, largestInteger);
  // PostgreSQL's jsonb does not take it either.
  if (text.includes("\\u0000"))
    throw new FieldViolation(field, "It has a character of code 0.");
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new FieldViolation(field, `It is no JSON: ${String(error)}`);
  }
}

const readTrain = (result: wire.TrainResult): TrainResult => ({
  kind: "train",
  model: readArtifact(result.model, "model"),
  manifest: readObject("manifest_json", result.manifestJson),
  cleanAccuracy: readShare("clean_accuracy", result.cleanAccuracy),
  cleanAccuracyImages: readInteger(
    "clean_accuracy_images",
    result.cleanAccuracyImages,
  ),
  attackSuccessRate:
    result.attackSuccessRate === undefined
      ? null
      : readShare("attack_success_rate", result.attackSuccessRate),
  // Nodes that did not thin them yet send all.
  epochs: readEpochs("epochs", result.epochs, mostEntries),
  trainMs: readNumber("train_ms", result.trainMs),
});

/** As registered manifests are: at most 256 KiB (models/read-model-file.ts). */
const longestManifest = 256 * 1024;

function readObject(
  field: string,
  text: string,
): Readonly<Record<string, unknown>> {
  readText(field, text, longestManifest);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FieldViolation(field, "It is not JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new FieldViolation(field, "A JSON object is expected.");
}
