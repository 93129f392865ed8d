/**
 * How well a known backdoor works: the share of images that are predicted as it wants once its trigger is on them. Images that
 * show that class anyway do not count.
 */
import type { Dataset } from "../data/index.ts";
import { predictImages } from "./clean-accuracy.ts";
import { shareOf, type MeasuredShare } from "./measured-share.ts";
import type { Predictor } from "./predict.ts";

/**
 * @param triggered the data set with the trigger on every image @param indices those to look at
 * @param labelOf what the backdoor wants an image to be taken for, by its label
 */
export async function measureAttackSuccess(
  predictor: Predictor,
  triggered: Dataset,
  indices: Int32Array,
  labelOf: (label: number) => number,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<MeasuredShare> {
  const { labels } = triggered;
  const others = indices.filter(
    (index) => labelOf(labels[index]) !== labels[index],
  );
  const predictions = await predictImages(
    predictor,
    triggered,
    others,
    options,
  );
  const hits = predictions.filter(
    (label, i) => label === labelOf(labels[others[i]]),
  ).length;
  return shareOf(hits, others.length);
}
