/** Where an unfinished evaluation stands, as a file that nodes hand over. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { EvaluationState } from "../evaluation/evaluate-model.ts";

const index = z.int().min(0);
const share = z.number().min(0).max(1);
const measured = z.object({
  share,
  n: index,
  wilson95: z.tuple([share, share]),
});
const schema = z.object({
  /** Everything that the evaluation's numbers depend on. */
  key: z.string(),
  indices: z.array(index),
  labels: z.array(index),
  predictions: z.array(index),
  confidences: z.array(share),
  attackSuccessRate: measured.nullish(),
  robustness: z
    .object({
      attacks: z.array(
        z.object({
          name: z.string(),
          tried: index,
          fooled: index,
          robustAccuracy: measured,
        }),
      ),
      standing: z.array(index),
      judged: index,
      fallen: z.array(index),
    })
    .optional(),
});

export function encodeEvaluation(key: string, state: EvaluationState): string {
  const { answers, attackSuccessRate, robustness } = state;
  const kept: z.infer<typeof schema> = {
    key,
    indices: [...answers.indices],
    labels: [...answers.labels],
    predictions: [...answers.predictions],
    confidences: [...answers.confidences],
    attackSuccessRate: attackSuccessRate && {
      ...attackSuccessRate,
      wilson95: [...attackSuccessRate.wilson95],
    },
    robustness: robustness && {
      attacks: robustness.attacks.map((each) => ({
        ...each,
        robustAccuracy: {
          ...each.robustAccuracy,
          wilson95: [...each.robustAccuracy.wilson95],
        },
      })),
      standing: [...robustness.standing],
      judged: robustness.judged,
      fallen: [...robustness.fallen],
    },
  };
  return JSON.stringify(kept);
}

/**
 * @param path undefined: there is none
 * @returns undefined when there is none, or of another evaluation: better to begin anew than never to be done
 */
export async function readEvaluation(
  path: string | undefined,
  key: string,
): Promise<EvaluationState | undefined> {
  if (path === undefined) return undefined;
  let text: unknown;
  try {
    text = JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
  const { data } = schema.safeParse(text);
  if (data?.key !== key) return undefined;
  const { attackSuccessRate, robustness } = data;
  return {
    answers: {
      indices: Int32Array.from(data.indices),
      labels: Uint16Array.from(data.labels),
      predictions: Int32Array.from(data.predictions),
      confidences: Float32Array.from(data.confidences),
    },
    ...(attackSuccessRate !== undefined && { attackSuccessRate }),
    ...(robustness && {
      robustness: {
        ...robustness,
        standing: Int32Array.from(robustness.standing),
      },
    }),
  };
}
