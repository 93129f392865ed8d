/** What a search job set out to do, from its parameters. Pure. */
import type { Job } from "../../api/types.ts";

export interface PlannedSearch {
  readonly canvases: readonly number[];
  readonly seeds: readonly number[];
  /** Null: all. */
  readonly classes: ReadonlySet<number> | null;
  /** Predictive power that k* asks for. */
  readonly threshold: number;
  readonly canvasSource: string;
}

const range = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + i);

/** @param text `all`, or numbers and ranges such as 0,3-5 */
export function parseClasses(text: string): ReadonlySet<number> | null {
  if (text === "all") return null;
  return new Set(
    text.split(",").flatMap((part) => {
      const [from = Number.NaN, to = from] = part.split("-").map(Number);
      return Number.isInteger(from) && Number.isInteger(to) && to - from < 1e6
        ? range(to - from + 1, from)
        : [];
    }),
  );
}

export function plannedSearchOf({
  parameters,
}: Pick<Job, "parameters">): PlannedSearch {
  const settings = (parameters.settings ?? {}) as Record<string, unknown>;
  const numberOf = (value: unknown, fallback: number) =>
    typeof value === "number" ? value : fallback;
  const only = parameters.canvasIndex;
  return {
    canvases:
      typeof only === "number" ? [only] : range(numberOf(settings.canvases, 1)),
    seeds: range(numberOf(settings.seeds, 1), numberOf(parameters.seed, 0)),
    classes: parseClasses(
      typeof parameters.classes === "string" ? parameters.classes : "all",
    ),
    threshold: numberOf(parameters.threshold, 0.9),
    canvasSource:
      typeof settings.canvasSource === "string" ? settings.canvasSource : "",
  };
}
