/** Which of a training's models have their curves shown, as the address keeps it. Pure. */
import type { TrainedModel } from "../../api/types.ts";
import { mostLines } from "../../ui/line-look.ts";

const none = "none";

export const isTrained = ({ cleanAccuracy }: TrainedModel): boolean =>
  cleanAccuracy !== null;

/**
 * @param kept indices, "none", or undefined: the first that are trained
 * @returns trained ones, as many as can be told apart, in order of index
 */
export function chosenModels(
  models: readonly TrainedModel[],
  kept: string | undefined,
): readonly TrainedModel[] {
  const asked = kept === undefined ? undefined : new Set(kept.split(","));
  return models
    .filter(
      (model) =>
        isTrained(model) && (asked?.has(String(model.shardIndex)) ?? true),
    )
    .slice(0, mostLines);
}

/** What the address keeps once a model is picked, or no longer. */
export function keepChosen(
  chosen: readonly TrainedModel[],
  index: number,
  isPicked: boolean,
): string {
  const others = chosen
    .map(({ shardIndex }) => shardIndex)
    .filter((each) => each !== index);
  const next = isPicked ? [...others, index].sort((a, b) => a - b) : others;
  return next.length === 0 ? none : next.join(",");
}
