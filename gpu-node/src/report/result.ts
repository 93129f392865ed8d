/**
 * `result.json`: what a local search leaves behind, and what its report is drawn from. The field names are a contract that
 * scripts rely on; what goes beyond it is optional.
 */
import { z } from "zod";
import { MotifError } from "../motif-error.ts";

/** One point of a size–power curve. */
export interface PowerEntry {
  /** Number of pixels pasted. */
  readonly k: number;
  /** k as a share of the image's pixels, 0…1. */
  readonly fraction: number;
  /** Share of other-class evaluation images predicted as the target with the pattern pasted on, 0…1. */
  readonly power: number;
  /** Share already predicted as the target without the pattern, 0…1. */
  readonly baseRate: number;
  /** Number of evaluation images. */
  readonly n: number;
  /** 95% Wilson interval of `power`. */
  readonly wilson95: readonly [number, number];
}

export interface SourceEntry {
  readonly sourceClass: number;
  readonly power: number;
  readonly n: number;
}

/** Paths of PNG files, relative to the folder of result.json. */
export interface PatternImages {
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
}

/** One search: a target class, a canvas and a seed. */
export interface PatternResult {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  /** Path of the mask, float32 [H, W], relative to the folder of result.json. */
  readonly mask: string;
  readonly images: PatternImages;
  /** Flat pixel indices, best first. */
  readonly topPixels: readonly number[];
  /** The size–power curve, k ascending. */
  readonly predictivePower: readonly PowerEntry[];
  readonly sourceToTarget: readonly SourceEntry[];
  /** Smallest k that reaches the threshold; null if none does. */
  readonly kStar: number | null;
  readonly wallMs: number;
}

/** A rectangle of pixels of the model's input. */
export interface PixelBox {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** What the model's manifest states about a backdoor; never measured by us. */
export interface GroundTruth {
  readonly status: "clean" | "poisoned";
  readonly targetClass?: number | undefined;
  readonly attackSuccessRate?: number | undefined;
  readonly trigger?:
    | {
        readonly description?: string | undefined;
        /** Where a patch is pasted. */
        readonly box?: PixelBox | undefined;
        /** Path of a PNG of the trigger, relative to the folder of result.json. */
        readonly image?: string | undefined;
      }
    | undefined;
}

export interface ModelFacts {
  readonly name: string;
  readonly sha256: string;
  /** [C, H, W]. */
  readonly inputShape: readonly [number, number, number];
  readonly numClasses: number;
  /** 0…1; null where it was not measured. */
  readonly cleanAccuracy: number | null;
  /** Number of images that the clean accuracy was measured on. */
  readonly cleanAccuracyImages?: number | undefined;
  /** Mean intersection over union of the top pixels between seeds of the same class and canvas, 0…1. */
  readonly seedOverlap?: number | null | undefined;
  readonly canvasSource?: "natural" | "noise" | "free" | undefined;
  readonly groundTruth?: GroundTruth | null | undefined;
}

export interface Result {
  readonly schemaVersion: 1;
  readonly model: ModelFacts;
  readonly dataset: {
    readonly name: string;
    readonly classes: readonly string[];
    /** Number of images in each part. */
    readonly parts: {
      readonly canvas: number;
      readonly search: number;
      readonly evaluate: number;
    };
  };
  readonly config: Readonly<Record<string, unknown>>;
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly patterns: readonly PatternResult[];
  /** Number of searches that the command asked for; more than there are patterns where it was stopped. */
  readonly plannedSearches?: number | undefined;
  readonly timing: {
    readonly importMs: number;
    readonly compileMs: number;
    readonly searchMs: number;
    readonly evaluateMs: number;
  };
}

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);
const duration = z.number().nonnegative();

/** A path that stays inside the folder: result.json may come from elsewhere, and its images are read and inlined. */
const path = z
  .string()
  .regex(
    /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:\0]+$/,
    "must be a relative path inside the folder of result.json",
  );

const powerEntry = z.looseObject({
  k: count.positive(),
  fraction: share,
  power: share,
  baseRate: share,
  n: count,
  wilson95: z.tuple([share, share]),
});

const pattern = z.looseObject({
  targetClass: count,
  canvasIndex: count,
  seed: count,
  steps: count,
  imageGradients: count,
  maskL1: z.number().nonnegative(),
  mask: path,
  images: z.looseObject({ canvas: path, pattern: path, heatmap: path }),
  topPixels: z.array(count),
  predictivePower: z.array(powerEntry).min(1),
  sourceToTarget: z.array(
    z.looseObject({ sourceClass: count, power: share, n: count }),
  ),
  kStar: count.positive().nullable(),
  wallMs: duration,
});

/** What a manifest states of a model. */
export const groundTruthSchema = z.looseObject({
  status: z.enum(["clean", "poisoned"]),
  targetClass: count.optional(),
  attackSuccessRate: share.optional(),
  trigger: z
    .looseObject({
      description: z.string().optional(),
      box: z
        .object({
          top: count,
          left: count,
          height: count.positive(),
          width: count.positive(),
        })
        .optional(),
      image: path.optional(),
    })
    .optional(),
});

const resultSchema = z.looseObject({
  schemaVersion: z.literal(1),
  model: z.looseObject({
    name: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
    inputShape: z.tuple([count.positive(), count.positive(), count.positive()]),
    numClasses: count.positive(),
    cleanAccuracy: share.nullable(),
    cleanAccuracyImages: count.positive().optional(),
    seedOverlap: share.nullish(),
    canvasSource: z.enum(["natural", "noise", "free"]).optional(),
    groundTruth: groundTruthSchema.nullish(),
  }),
  dataset: z.looseObject({
    name: z.string(),
    classes: z.array(z.string()),
    parts: z.looseObject({ canvas: count, search: count, evaluate: count }),
  }),
  config: z.record(z.string(), z.unknown()),
  backend: z.looseObject({
    name: z.string(),
    provider: z.string(),
    threads: count,
  }),
  patterns: z.array(pattern),
  plannedSearches: count.optional(),
  timing: z.looseObject({
    importMs: duration,
    compileMs: duration,
    searchMs: duration,
    evaluateMs: duration,
  }),
});

/**
 * Read a result back. Fields beyond the contract are kept.
 * @param text the JSON text of result.json
 * @param source where it came from, for the message
 * @throws MotifError "storage" naming the first field that is wrong
 */
export function parseResult(text: string, source = "result.json"): Result {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${source}: it is not JSON. Remove it and search again.`,
      { cause },
    );
  }
  const parsed = resultSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place =
      issue === undefined || issue.path.length === 0
        ? "the document"
        : issue.path.map(String).join(".");
    throw new MotifError(
      "storage",
      `${source}: ${place}: ${issue?.message ?? "invalid"}. Remove it and search again.`,
    );
  }
  const result: Result = parsed.data;
  checkIndices(result, source);
  return result;
}

function checkIndices(result: Result, source: string): void {
  const { model, dataset } = result;
  const refuse = (what: string): never => {
    throw new MotifError(
      "storage",
      `${source}: ${what}. Remove it and search again.`,
    );
  };
  if (dataset.classes.length !== model.numClasses) {
    refuse(
      `dataset.classes has ${dataset.classes.length} names for a model of ${model.numClasses} classes`,
    );
  }
  const pixels = model.inputShape[1] * model.inputShape[2];
  result.patterns.forEach((entry, i) => {
    if (entry.targetClass >= model.numClasses)
      refuse(`patterns.${i}.targetClass is ${entry.targetClass}`);
    const source = entry.sourceToTarget.find(
      (row) => row.sourceClass >= model.numClasses,
    );
    if (source !== undefined)
      refuse(`patterns.${i}.sourceToTarget names class ${source.sourceClass}`);
    const pixel = entry.topPixels.find((index) => index >= pixels);
    if (pixel !== undefined)
      refuse(`patterns.${i}.topPixels names pixel ${pixel} of ${pixels}`);
  });
  const target = model.groundTruth?.targetClass;
  if (target !== undefined && target >= model.numClasses)
    refuse(`model.groundTruth.targetClass is ${target}`);
}
