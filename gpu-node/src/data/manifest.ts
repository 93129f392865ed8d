/** `model.json`: what a model file does not say of itself (DESIGN: the ingestion contract). */
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { MotifError } from "../motif-error.ts";

/** Beyond it, differences and quotients of two numbers leave what a float32 can hold. */
const largestNumber = 1e9;
const smallestStd = 1e-6;

const number = z.number().min(-largestNumber).max(largestNumber);
const perChannel = z.array(number).min(1).max(4);
const count = z.number().int().nonnegative();
const share = z
  .number()
  .min(0)
  .refine((value) => value <= 1, {
    error: ({ input }) => {
      const value = input as number;
      return value <= 100
        ? `it is a share from 0 to 1. Is ${value} a percentage? Then write ${Number((value / 100).toPrecision(12))}`
        : `it is a share from 0 to 1, not ${value}`;
    },
  });

const schema = z.object({
  name: z.string().min(1).max(200).optional(),
  dataset: z.string().optional(),
  inputRange: z
    .tuple([number, number])
    .refine(([low, high]) => low < high, {
      error: "it is [low, high] with low below high",
    })
    .default([0, 1]),
  mean: perChannel.default([0]),
  std: z
    .array(
      number.min(smallestStd, {
        error: `a standard deviation is at least ${smallestStd}`,
      }),
    )
    .min(1)
    .max(4)
    .default([1]),
  layout: z.enum(["NCHW", "NHWC"]).optional(),
  channelOrder: z.enum(["RGB", "BGR"]).default("RGB"),
  inputSize: z.tuple([count.positive(), count.positive()]).optional(),
  /** By class index. Names may repeat, as ImageNet's do. */
  classes: z.array(z.string()).optional(),
  declaredAccuracy: share.optional(),
  groundTruth: z
    .object({
      status: z.enum(["clean", "poisoned"]),
      targetClass: count.optional(),
      attackSuccessRate: share.optional(),
      trigger: z
        .object({
          description: z.string().optional(),
          box: z
            .object({
              top: count,
              left: count,
              height: count.positive(),
              width: count.positive(),
            })
            .optional(),
          image: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
  /** How `motif train` made the model, as it wrote it; who reads it checks it. */
  training: z.unknown().optional(),
});

export type Manifest = Omit<z.infer<typeof schema>, "name" | "layout"> & {
  readonly name: string;
  readonly layout: "NCHW" | "NHWC";
  /** Whether the file says so, or NCHW was assumed. */
  readonly declaresLayout: boolean;
};

const largestBytes = 2 ** 20;

/**
 * Fields that Motif does not know are passed over: a manifest may say more.
 * @param path absent: the defaults, images in [0,1] as they are
 * @param fallbackName the model's name where the manifest has none
 * @throws MotifError "model" naming file and field
 */
export async function readManifest(
  path: string | undefined,
  fallbackName: string,
): Promise<Manifest> {
  const content = path === undefined ? {} : await readJson(path);
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const [{ path: field, message }] = parsed.error.issues;
    const place = field.length > 0 ? `"${field.join(".")}"` : "the document";
    throw new MotifError(
      "model",
      `${path}: ${place}: ${message}. Correct the manifest.`,
    );
  }
  const { name, layout, ...rest } = parsed.data;
  return {
    ...rest,
    name: name ?? fallbackName,
    layout: layout ?? "NCHW",
    declaresLayout: layout !== undefined,
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > largestBytes)
      throw new MotifError(
        "model",
        `${path}: a manifest of more than 1 MiB. Is it the right file?`,
      );
    const text = await readFile(path, "utf8");
    return JSON.parse(text.replace(/^\uFEFF/, "")); // Some editors put a byte order mark in front.
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    throw new MotifError(
      "model",
      `${path}: the manifest cannot be read (${(cause as Error).message}). It should be a JSON file.`,
      { cause },
    );
  }
}
