/** Which of a training's models have their curves shown, as the address keeps it. Pure. */
import type { TrainedModel } from "../../api/types.ts";
import { mostLines } from "../../ui/line-look.ts";

const none = "none";

export const hasCurves = ({ epochs }: TrainedModel): boolean =>
  epochs.length > 0;

/**
 * @param kept indices, "none", or undefined: those that are trained now, then the first
 * @returns ones with curves, as many as can be told apart, in order of index
 */
export function chosenModels(
  models: readonly TrainedModel[],
  kept: string | undefined,
): readonly TrainedModel[] {
  const drawable = models.filter(hasCurves);
  if (kept !== undefined) {
    const asked = new Set(kept.split(","));
    return drawable
      .filter(({ shardIndex }) => asked.has(String(shardIndex)))
      .slice(0, mostLines);
  }
  const [live, rest] = [
    drawable.filter(({ standing }) => standing !== null),
    drawable.filter(({ standing }) => standing === null),
  ];
  return [...live, ...rest]
    .slice(0, mostLines)
    .sort((a, b) => a.shardIndex - b.shardIndex);
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
