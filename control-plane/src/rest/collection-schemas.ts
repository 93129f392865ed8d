/** Tags, reviews and filters of models on the wire. */
import { z } from "zod";
import { exportFormats } from "../collections/write-collection.ts";
import { notAudited } from "../models/model-filter.ts";
import { modelSettings } from "../models/read-models.ts";
import type { ReviewPage } from "../models/list-reviews.ts";
import {
  longestComment,
  reviewStatuses,
  type ReviewEntry,
} from "../models/review.ts";
import {
  mostModelsAtOnce,
  mostTagsOfModel,
  normalizeTag,
  tagPattern,
} from "../models/tag.ts";
import { verdictNames } from "../shards/shard-result.ts";
import { limit, position } from "./pages.ts";

/** What the column takes. */
const largestInteger = 2 ** 31 - 1;

export const tag = z
  .string()
  .max(200)
  .overwrite(normalizeTag)
  .regex(
    tagPattern,
    'a tag is 1 to 40 of the characters a to z, 0 to 9, ".", "_" and "-"',
  );
const tags = z
  .array(tag)
  .max(mostTagsOfModel)
  .overwrite((each) => [...new Set(each)]);

export const tagsRequest = z.strictObject({ tags: tags.min(1) });

export const tagChange = z
  .strictObject({
    models: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(mostModelsAtOnce)
      .describe("Ids or names."),
    add: tags.default([]),
    remove: tags.default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, {
    path: ["add"],
    message: "name a tag to add or to remove",
  })
  .refine(({ add, remove }) => !add.some((each) => remove.includes(each)), {
    path: ["remove"],
    message: "a tag is either added or removed",
  });

export const tagOutcome = z.object({
  changed: z.int().min(0).describe("Models that have other tags than before."),
});

const listOf = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .string()
    .max(2_048)
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .pipe(z.array(item).max(mostTagsOfModel))
    .optional();

const filterFields = {
  q: z
    .string()
    .max(200)
    .optional()
    .describe("Words that its name or its data set has to have."),
  setting: listOf(z.enum(modelSettings)).describe(
    "One of these, with commas between.",
  ),
  status: listOf(z.enum(["CHECKING", "READY", "REFUSED"])).describe(
    "Of its newest check: one of these, with commas between.",
  ),
  dataset: z.string().min(1).max(200).optional().describe("Its name."),
  tag: listOf(tag).describe("All of these, with commas between."),
  verdict: listOf(z.enum([...verdictNames, notAudited])).describe(
    "Of its newest audit: one of these, with commas between.",
  ),
  review: listOf(z.enum(reviewStatuses)).describe(
    "One of these, with commas between.",
  ),
};
export const modelFilter = z.strictObject(filterFields);

export const exportRequest = z.strictObject({
  ...filterFields,
  format: z.enum(exportFormats),
});

const status = z.enum(reviewStatuses);
const classIndex = z.int().min(0).max(largestInteger);

export const reviewStanding = z.object({
  status,
  author: z.string().nullable(),
  at: z.iso.datetime().nullable(),
});

export const reviewRequest = z
  .strictObject({
    classIndex: classIndex.optional(),
    patternId: z.uuid().toLowerCase().optional(),
    status: status.optional(),
    comment: z
      .string()
      .overwrite((text) => text.replaceAll(/\r\n?/g, "\n").trim())
      .min(1)
      .max(longestComment)
      .refine(
        (text) => !/[^\P{Cc}\n\t]/u.test(text),
        "plain text without control characters is expected",
      )
      .optional()
      .describe("Plain text."),
  })
  .refine(
    (request) => request.status !== undefined || request.comment !== undefined,
    { path: ["status"], message: "give a status or a comment" },
  )
  .refine(
    (request) =>
      request.classIndex === undefined || request.patternId === undefined,
    {
      path: ["classIndex"],
      message: "a pattern has its class: give either of the two",
    },
  );

export const reviewsPage = z
  .strictObject({
    classIndex: z.coerce
      .number()
      .pipe(classIndex)
      .optional()
      .describe("Only what was said of this class as a whole."),
    patternId: z
      .uuid()
      .toLowerCase()
      .optional()
      .describe("Only what was said of this pattern."),
    before: position.optional().describe("Id of an entry: only older ones."),
    limit,
  })
  .refine(
    (page) => page.classIndex === undefined || page.patternId === undefined,
    { path: ["classIndex"], message: "give either a class or a pattern" },
  );

export const reviewEntry: z.ZodType<ReviewEntry> = z.object({
  id: z.int(),
  classIndex: classIndex.nullable(),
  pattern: z
    .object({
      id: z.uuid(),
      jobId: z.uuid(),
      canvasIndex: z.int(),
      seed: z.int(),
    })
    .nullable(),
  status: status.nullable(),
  comment: z.string().nullable(),
  author: z.string().describe("The token's name, or `local`."),
  createdAt: z.iso.datetime(),
  isOfEarlierFile: z
    .boolean()
    .describe(
      "The name stood for another file then: its status counts no more.",
    ),
});

export const reviewPage: z.ZodType<ReviewPage> = z.object({
  standing: reviewStanding.describe(
    "What counts: of the class, the pattern, or the model as a whole.",
  ),
  entries: z.array(reviewEntry),
});
