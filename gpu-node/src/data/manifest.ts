/** `model.json`: what a model file does not say of itself (DESIGN: the ingestion contract). */
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { MotifError } from "../motif-error.ts";

const perChannel = z.array(z.number()).min(1).max(4);
const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);

const schema = z.object({
  name: z.string().min(1).max(200).optional(),
  dataset: z.string().optional(),
  inputRange: z.tuple([z.number(), z.number()]).default([0, 1]),
  mean: perChannel.default([0]),
  std: perChannel.default([1]),
  layout: z.enum(["NCHW", "NHWC"]).optional(),
  channelOrder: z.enum(["RGB", "BGR"]).default("RGB"),
  inputSize: z.tuple([count.positive(), count.positive()]).optional(),
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
});

export type Manifest = Omit<z.infer<typeof schema>, "name" | "layout"> & {
  readonly name: string;
  readonly layout: "NCHW" | "NHWC";
  /** Whether the file says so, or NCHW was assumed. */
  readonly declaresLayout: boolean;
};

const largestBytes = 2 ** 20;

/**
 * @param path absent: the defaults, images in [0,1] as they are
 * @param fallbackName the model's name where the manifest has none
 * @throws MotifError "model" naming file and field
 */
export async function readManifest(
  path: string | undefined,
  fallbackName: string,
): Promise<Manifest> {
  const refuse = (what: string, cause?: unknown): never => {
    throw new MotifError("model", `${path}: ${what}`, { cause });
  };
  let content: unknown = {};
  if (path !== undefined) {
    try {
      if ((await stat(path)).size > largestBytes)
        refuse("a manifest of more than 1 MiB. Is it the right file?");
      content = JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      if (error instanceof MotifError) throw error;
      refuse(
        `the manifest cannot be read (${(error as Error).message}).`,
        error,
      );
    }
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(
      `"${issue.path.join(".") || "the document"}": ${issue.message}. Correct the manifest.`,
    );
  }
  const { name, layout, ...rest } = parsed.data;
  if (rest.inputRange[0] >= rest.inputRange[1])
    refuse('"inputRange" must be [low, high] with low below high.');
  if (rest.std.some((value) => value <= 0))
    refuse('"std" must be above 0 in every channel.');
  return {
    ...rest,
    name: name ?? fallbackName,
    layout: layout ?? "NCHW",
    declaresLayout: layout !== undefined,
  };
}
