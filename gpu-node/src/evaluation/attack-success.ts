/** How well a known backdoor works: the share of other-class images predicted as its target once its trigger is on them. */
import type { Dataset } from "../data/index.ts";
import { predictImages } from "./clean-accuracy.ts";
import { shareOf, type MeasuredShare } from "./measured-share.ts";
import type { Predictor } from "./predict.ts";

/** @param triggered the data set with the trigger on every image @param indices those to look at; the target's own are not */
export async function measureAttackSuccess(
  predictor: Predictor,
  triggered: Dataset,
  indices: Int32Array,
  targetClass: number,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<MeasuredShare> {
  const others = indices.filter(
    (index) => triggered.labels[index] !== targetClass,
  );
  const predictions = await predictImages(
    predictor,
    triggered,
    others,
    options,
  );
  const hits = predictions.filter((label) => label === targetClass).length;
  return shareOf(hits, others.length);
}
