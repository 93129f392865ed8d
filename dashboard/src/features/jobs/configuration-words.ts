/** A job's parameters, each with a name that people read. Pure. */
import type { Audit, Job } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { quoteForShell } from "../../ui/quote-for-shell.ts";
import { methodWords } from "../audits/audit-words.ts";
import { attackNamesOf, boundWords } from "../evaluations/evaluation-words.ts";
import { searchParametersOf } from "./job-types.ts";

export interface Setting {
  readonly name: string;
  readonly value: string;
  /** What it does, where the name does not say. */
  readonly meaning?: string;
}

const sources: Readonly<Record<string, string>> = {
  natural: "natural: images of the data set",
  noise: "noise: uniform random pixels",
  free: "free: found together with the mask",
};

export function settingsOf(job: Job): readonly Setting[] {
  if (job.kind === "evaluate") return evaluationSettingsOf(job);
  if (job.kind === "audit") return auditSettingsOf(job);
  const parameters = searchParametersOf(job);
  if (!parameters)
    return Object.entries(job.parameters).map(([name, value]) => ({
      name: wordsOf(name),
      value: typeof value === "string" ? value : JSON.stringify(value),
    }));
  const { settings } = parameters;
  return [
    { name: "Preset", value: settings.preset },
    { name: "Classes", value: parameters.classes },
    {
      name: "Canvas source",
      value: sources[settings.canvasSource] ?? settings.canvasSource,
      meaning: "Where a pattern's pixel values come from.",
    },
    {
      name: "Canvases a class",
      value:
        parameters.canvasIndex === null
          ? formatCount(settings.canvases)
          : `only canvas ${parameters.canvasIndex}`,
    },
    {
      name: "Seeds",
      value:
        settings.seeds === 1
          ? String(parameters.seed)
          : `${parameters.seed} to ${parameters.seed + settings.seeds - 1}`,
    },
    { name: "Searches", value: formatCount(parameters.searches) },
    { name: "Steps", value: formatCount(settings.steps) },
    {
      name: "Batch size",
      value: formatCount(settings.batchSize),
      meaning: "Images a step.",
    },
    {
      name: "Alpha",
      value: String(settings.alpha),
      meaning:
        "What the pattern's effect counts; the mask's size counts 1 − alpha.",
    },
    { name: "Step size, mask", value: String(settings.stepSize) },
    ...(settings.canvasSource === "free"
      ? [{ name: "Step size, canvas", value: String(settings.canvasStepSize) }]
      : []),
    { name: "Mask at the start", value: String(settings.initialMask) },
    {
      name: "Images tried on",
      value: `up to ${formatCount(parameters.evaluateImages)}`,
    },
    {
      name: "Threshold of k*",
      value: formatShare(parameters.threshold, 0),
      meaning: "Predictive power that the smallest pattern reaches.",
    },
    {
      name: "Pack",
      value: formatCount(parameters.pack),
      meaning: "Searches that share a forward pass.",
    },
    { name: "Backend", value: parameters.backend },
    ...(parameters.classesShortOfCanvases > 0
      ? [
          {
            name: "Classes with fewer canvases",
            value: formatCount(parameters.classesShortOfCanvases),
            meaning: "The data set has no more images of them for it.",
          },
        ]
      : []),
    { name: "Weight", value: formatCount(job.weight) },
    { name: "Submitted by", value: job.createdBy },
  ];
}

interface EvaluationParameters {
  readonly split: string | null;
  readonly images: number | null;
  readonly attack: {
    readonly attack: string;
    readonly norm: string;
    readonly epsilon?: number;
    readonly stepSize?: number;
    readonly apgdSteps: number;
    readonly apgdTargets: number;
    readonly squareQueries: number;
  } | null;
  readonly seed: number;
  readonly batchSize: number | null;
  readonly backend: string;
}

function evaluationSettingsOf(job: Job): readonly Setting[] {
  const parameters = job.parameters as unknown as EvaluationParameters;
  const { split, images, attack, batchSize } = parameters;
  const isEnsemble = attack?.attack === "ensemble";
  return [
    splitSetting(split),
    {
      name: "Images",
      value:
        images === null
          ? "all"
          : `at most ${formatCount(images)}, chosen by the seed`,
    },
    {
      name: "Attacks",
      value: attackNamesOf(attack).join(", ") || "none",
      ...(isEnsemble && {
        meaning:
          "Robust are images that are right as they are and under each of them.",
      }),
    },
    ...(attack
      ? [
          {
            name: "Radius",
            value:
              attack.epsilon === undefined
                ? `customary, ${attack.norm === "linf" ? "L∞" : "L2"}`
                : boundWords({ ...attack, epsilon: attack.epsilon }),
            meaning: "How far a pixel, or all of them together, may go; 0…1.",
          },
          {
            name: "Step size of PGD",
            value: String(attack.stepSize ?? "customary for the radius"),
          },
        ]
      : []),
    ...(isEnsemble
      ? [
          {
            name: "Steps of APGD",
            value: `${formatCount(attack.apgdSteps)}, in APGD-T for each of ${formatCount(attack.apgdTargets)} targets`,
          },
          ...(attack.norm === "linf"
            ? [
                {
                  name: "Queries of Square",
                  value: formatCount(attack.squareQueries),
                },
              ]
            : []),
        ]
      : []),
    { name: "Seed", value: String(parameters.seed) },
    {
      name: "Batch size",
      value: batchSize === null ? "by the images' size" : String(batchSize),
      meaning: "Images a run.",
    },
    { name: "Backend", value: parameters.backend },
    { name: "Weight", value: formatCount(job.weight) },
    { name: "Submitted by", value: job.createdBy },
  ];
}

const splitSetting = (split: string | null): Setting => ({
  name: "Split",
  value: split ?? "the first of test, val, train",
});

interface AuditParameters {
  readonly split: string | null;
  readonly method: Audit["method"];
  readonly isExhaustive: boolean;
  readonly seed: number;
  readonly seeds: number;
  readonly threshold: number;
  readonly evaluateImages: number;
  readonly models: number;
  readonly backend: string;
  /** Names of clean models; absent where there are none. */
  readonly clean?: readonly string[];
  /** Absent where models are judged without each other. */
  readonly isCompared?: boolean;
}

function auditSettingsOf(job: Job): readonly Setting[] {
  const parameters = job.parameters as unknown as AuditParameters;
  const { method, isExhaustive, seed, seeds, clean } = parameters;
  return [
    { name: "Models", value: formatCount(parameters.models) },
    ...(parameters.isCompared
      ? [
          {
            name: "Compared with each other",
            value: "once all are audited",
            meaning:
              "Six models or more of one architecture: what a class needs in the others is what is usual.",
          },
        ]
      : []),
    splitSetting(parameters.split),
    {
      name: "Method",
      value: methodWords[method],
      ...(method === "neural-cleanse" && {
        meaning: "The baseline: a patch for each class, judged by size.",
      }),
    },
    ...(method === "motif"
      ? [
          {
            name: "Searched at length",
            value: isExhaustive
              ? "every class"
              : "the classes that a short search finds strongest",
          },
          {
            name: "Searches at length of a class",
            value: formatCount(seeds),
            meaning: "Each from another start.",
          },
        ]
      : []),
    ...(clean
      ? [
          {
            name: "Compared with",
            value: `${formatCount(clean.length)} clean models: ${clean.join(", ")}`,
            meaning: "Classes with what each of them needs in those.",
          },
        ]
      : []),
    { name: "Seed", value: String(seed) },
    {
      name: "Images tried on",
      value: `up to ${formatCount(parameters.evaluateImages)}`,
    },
    {
      name: "Threshold of k*",
      value: formatShare(parameters.threshold, 0),
      meaning: "Predictive power that the strength a class needs reaches.",
    },
    { name: "Backend", value: parameters.backend },
    { name: "Weight", value: formatCount(job.weight) },
    { name: "Submitted by", value: job.createdBy },
  ];
}

/** @example wordsOf("waitMs") is "Wait ms" */
const wordsOf = (name: string): string => {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The command that asks for the same again. */
export function commandOf(job: Job): string | null {
  const parameters = searchParametersOf(job);
  if (!parameters || job.model === null || job.dataset === null) return null;
  const { settings } = parameters;
  const options: readonly (readonly [string, string | number])[] = [
    ["model", job.model],
    ["dataset", job.dataset],
    ["classes", parameters.classes],
    ["preset", settings.preset],
    ["canvas-source", settings.canvasSource],
    ...(parameters.canvasIndex === null
      ? [["canvases", settings.canvases] as const]
      : [["canvas-index", parameters.canvasIndex] as const]),
    ["seeds", settings.seeds],
    ["seed", parameters.seed],
    ["steps", settings.steps],
    ["batch-size", settings.batchSize],
    ["alpha", settings.alpha],
    ["step-size", settings.stepSize],
    ["pack", parameters.pack],
    ["evaluate-images", parameters.evaluateImages],
    ["threshold", parameters.threshold],
    ["backend", parameters.backend],
  ];
  return [
    "motif search",
    ...options.map(
      ([name, value]) => `--${name} ${quoteForShell(String(value))}`,
    ),
  ].join(" \\\n  ");
}
