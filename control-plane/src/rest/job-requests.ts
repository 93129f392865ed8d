/** What is asked for on the wire: jobs, changes of them, and pages of what is in them. */
import { z } from "zod";
import { jobKinds, jobStatuses } from "../jobs/job.ts";
import { shardStatuses } from "../shards/shard-status.ts";
import {
  canvasSources,
  presetNames,
  settingBounds,
} from "../jobs/search-settings.ts";
import { isUsableName } from "../models/register-model.ts";
import {
  attackNames,
  auditMethods,
  fewestCleanModels,
  mostCleanModels,
  normNames,
} from "../shards/shard-spec.ts";
import { limit, position } from "./pages.ts";

/** What the column takes. */
const largestInteger = 2 ** 31 - 1;

const bounded = (name: keyof typeof settingBounds) =>
  z.number().min(settingBounds[name][0]).max(settingBounds[name][1]);

const anyWeight = z
  .int()
  .min(1)
  .max(1_000)
  .describe("Share of the cluster against other jobs.");
const weight = anyWeight.default(1);
const name = z.string().trim().min(1).max(200).optional();
const reference = z.string().min(1).max(200).describe("Id or name.");

export const defaultEvaluateImages = 1_000;
export const defaultThreshold = 0.9;

export const searchRequest = z.strictObject({
  kind: z.literal("search"),
  model: reference,
  dataset: reference,
  classes: z
    .string()
    .min(1)
    .max(10_000)
    .default("all")
    .describe("all, or numbers and ranges such as 0,3-5."),
  preset: z.enum(presetNames).optional(),
  steps: bounded("steps").int().optional(),
  batchSize: bounded("batchSize").int().optional(),
  alpha: bounded("alpha").optional(),
  stepSize: bounded("stepSize").optional(),
  canvasSource: z.enum(canvasSources).optional(),
  canvases: bounded("canvases").int().optional(),
  canvasIndex: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe("Only this canvas of each class."),
  seeds: bounded("seeds").int().optional(),
  seed: z
    .int()
    .min(0)
    .max(largestInteger - settingBounds.seeds[1])
    .default(0)
    .describe("The first seed; further ones count on from it."),
  pack: z
    .int()
    .min(1)
    .max(1_024)
    .optional()
    .describe("Searches that share a forward pass."),
  evaluateImages: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(defaultEvaluateImages)
    .describe("Most images that a pattern is tried on."),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(defaultThreshold)
    .describe("Predictive power that k* asks for."),
  backend: z
    .string()
    .regex(
      /^[a-z]+(:[a-z0-9]+)?$/,
      "auto, or a backend such as onnxruntime:cpu",
    )
    .max(40)
    .default("auto"),
  weight,
  name,
});

const noopRequest = z.strictObject({
  kind: z.literal("noop"),
  shards: z.int().min(1).max(1_000_000),
  waitMs: z.int().min(0).max(600_000),
  weight,
  name,
});

/** Most models of one job, and bytes of one recipe. */
const mostRuns = 1_000;
const largestRecipe = 64 * 1024;

const trainRequest = z.strictObject({
  kind: z.literal("train"),
  dataset: reference,
  fineTune: reference
    .optional()
    .describe(
      "The model that is trained further, by id or name; absent where recipes name an architecture.",
    ),
  split: z
    .string()
    .min(1)
    .max(100)
    .default("train")
    .describe("What is trained on."),
  testSplit: z
    .string()
    .min(1)
    .max(100)
    .default("test")
    .describe("What the accuracy is measured on."),
  runs: z
    .array(
      z.strictObject({
        name: z
          .string()
          .refine(isUsableName, "no name for a model")
          .describe("What the model is called."),
        recipe: z
          .looseObject({
            spread: z
              .looseObject({
                workers: z.int().min(2).max(256),
                rounds: z.int().min(1).max(10_000),
              })
              .nullish()
              .describe(
                "Null: one node trains it. Else workers that train in rounds and are averaged after each.",
              ),
          })
          .refine(
            (recipe) => JSON.stringify(recipe).length <= largestRecipe,
            "it is too long",
          )
          .describe(
            "All that decides what the training makes of the images, as `motif train --print-recipes` prints it.",
          ),
        command: z.string().max(10_000).default(""),
      }),
    )
    .min(1)
    .max(mostRuns)
    .describe("A model each."),
  backend: z.string().min(1).max(100).default("auto"),
  weight,
  name,
});

/** Searches at length of a class, in an audit. */
const mostSeeds = 100;

const radius = z.number().positive().max(1_000);
const questions = (usual: number) =>
  z.int().min(1).max(1_000_000).default(usual);

const evaluationAttack = z.strictObject({
  attack: z
    .enum(attackNames)
    .default("pgd")
    .describe("PGD alone, or PGD, APGD-CE, APGD-T and (linf) Square together."),
  norm: z.enum(normNames).default("linf"),
  epsilon: radius
    .optional()
    .describe(
      "How far, on pixels of 0…1; by default for colour 8/255, l2 0.5, for grey 0.1, l2 1.5.",
    ),
  stepSize: radius
    .optional()
    .describe("Of PGD; by default for colour ε/4, for grey ε/5."),
  pgdSteps: questions(20),
  apgdSteps: questions(100).describe(
    "Of APGD-CE, and of APGD-T for each target.",
  ),
  apgdTargets: questions(9).describe("Classes that APGD-T aims at."),
  squareQueries: questions(1_000),
});

const evaluateRequest = z.strictObject({
  kind: z.literal("evaluate"),
  models: z.array(reference).min(1).max(mostRuns),
  dataset: reference,
  split: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "What is measured on; by default as the data set was registered.",
    ),
  images: z
    .int()
    .min(1)
    .max(largestInteger)
    .optional()
    .describe("At most so many, chosen by the seed; by default all."),
  attack: evaluationAttack
    .nullable()
    .default(evaluationAttack.parse({}))
    .describe("Null: none."),
  seed: z
    .int()
    .min(0)
    .max(largestInteger)
    .default(0)
    .describe("Of the choice of images, and of the attacks."),
  batchSize: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Images a run; by default 64, fewer of large ones."),
  backend: z.string().min(1).max(100).default("auto"),
  weight,
  name,
});

const auditRequest = z.strictObject({
  kind: z.literal("audit"),
  models: z.array(reference).min(1).max(mostRuns),
  dataset: reference,
  split: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("What is audited on; by default as the data set was registered."),
  method: z
    .enum(auditMethods)
    .default("motif")
    .describe("Motif's own, or the baseline."),
  isExhaustive: z
    .boolean()
    .default(false)
    .describe("Every class is searched at length; nothing is skipped."),
  seed: z
    .int()
    .min(0)
    .max(largestInteger - mostSeeds)
    .default(0),
  seeds: z
    .int()
    .min(1)
    .max(mostSeeds)
    .default(2)
    .describe("Searches at length of a class, each from another start."),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(defaultThreshold)
    .describe("Predictive power that the strength a class needs asks for."),
  evaluateImages: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(400)
    .describe("Most images that a finding is tried on."),
  clean: z
    .array(reference)
    .min(
      fewestCleanModels,
      `${fewestCleanModels} clean models at least tell what is usual: name more, or leave them out`,
    )
    .max(
      mostCleanModels,
      `${mostCleanModels} clean models at most are compared with: name fewer`,
    )
    .optional()
    .describe(
      "Models of the same kind that are believed to be clean, each audited on the data set before: classes are compared with what they need in those.",
    ),
  backend: z.string().min(1).max(100).default("auto"),
  weight,
  name,
});

export const jobRequest = z.discriminatedUnion("kind", [
  searchRequest,
  trainRequest,
  evaluateRequest,
  auditRequest,
  noopRequest,
]);
export type JobRequest = z.infer<typeof jobRequest>;

export const jobEdit = z
  .strictObject({ name, weight: anyWeight.optional() })
  .refine(
    (edit) => edit.name !== undefined || edit.weight !== undefined,
    "Say what is to change: name, weight or both.",
  );

export const jobPage = z.strictObject({
  status: z.enum(jobStatuses).optional(),
  kind: z.enum(jobKinds).optional(),
  limit,
  before: z.uuid().optional().describe("Id of a job: only older ones."),
});

export const jobsOfModelPage = jobPage.omit({ kind: true });

export const shardPage = z.strictObject({
  status: z.enum(shardStatuses).optional(),
  limit,
  after: position
    .max(largestInteger)
    .optional()
    .describe("Index of the last shard that is known."),
});

/** Of what a job made of its models, a shard each. */
export const perModelPage = shardPage.omit({ status: true });
export const ofModelPage = z.strictObject({ limit });
