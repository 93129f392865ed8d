/** The parts that data sets come in, by the names that people give them. */
import { MotifError } from "../motif-error.ts";

/** The one to use where nobody says, best first: a model should not have seen it in training. */
export const splitNames = [
  "test",
  "val",
  "valid",
  "validation",
  "train",
] as const;

export const isSplitName = (name: string) =>
  splitNames.some((known) => known === name);

/**
 * @param available the splits that are there
 * @throws MotifError "dataset" when the wanted one is not there
 */
export function chooseSplit(
  place: string,
  available: readonly string[],
  wanted: string | undefined,
): string {
  const chosen =
    wanted === undefined
      ? (splitNames.find((name) => available.includes(name)) ?? available[0])
      : available.find((name) => name === wanted);
  if (chosen !== undefined) return chosen;
  throw new MotifError(
    "dataset",
    available.length === 0
      ? `${place}: it has no splits. Leave --split away.`
      : `${place}: it has no split "${wanted}". Name one of: ${available.join(", ")}.`,
  );
}
