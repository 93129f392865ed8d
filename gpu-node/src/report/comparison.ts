/** Results set beside each other: in which order, against which baseline, and how far each class is from its column. Pure. */
import { MotifError } from "../motif-error.ts";
import {
  median,
  summarizeClasses,
  type ClassSummary,
} from "./class-summary.ts";
import type { Result } from "./result.ts";

export interface ComparisonEntry {
  /** The folder of the entry's own result.json, pictures and page. */
  readonly directory: string;
  readonly result: Result;
}

export interface ComparisonColumn extends ComparisonEntry {
  readonly summaries: ReadonlyMap<number, ClassSummary>;
  /** Whether the column before it is of another model. */
  readonly startsGroup: boolean;
  /** The column its differences are taken to; null where it is the baseline itself. */
  readonly baseline: number | null;
  /** Median over the classes of the power with 1% of the pixels; NaN where there are no patterns. */
  readonly medianSmallPower: number;
}

export interface ComparisonRow {
  readonly classIndex: number;
  readonly name: string;
  /** One for each column; undefined where that result has no pattern of the class. */
  readonly summaries: readonly (ClassSummary | undefined)[];
  /** Power at 5% less that of the column's baseline; undefined where there is nothing to compare. */
  readonly differences: readonly (number | undefined)[];
  /** How far the class stands above its column's median with 1% of the pixels, in the column where that is most. */
  readonly excess: number;
}

export interface Comparison {
  readonly columns: readonly ComparisonColumn[];
  /** In class order. */
  readonly rows: readonly ComparisonRow[];
}

export const fewestCompared = 2;
export const mostCompared = 8;

/**
 * Columns of one model stand together, models in the order given. The baseline of a column is the first column whose patterns
 * come from the same kind of canvas.
 * @throws MotifError "usage" unless 2 to 8 results of the same classes are given
 */
export function compareResults(
  entries: readonly ComparisonEntry[],
): Comparison {
  checkEntries(entries);
  const models = [...new Set(entries.map(modelKey))];
  const ordered = models.flatMap((model) =>
    entries.filter((entry) => modelKey(entry) === model),
  );
  const columns = ordered.map((entry, i): ComparisonColumn => {
    const summaries = summarizeClasses(entry.result);
    const baseline = ordered.findIndex(
      ({ result }) =>
        result.model.canvasSource === entry.result.model.canvasSource,
    );
    return {
      ...entry,
      summaries: new Map(
        summaries.map((summary) => [summary.classIndex, summary]),
      ),
      startsGroup: i > 0 && modelKey(ordered[i - 1]) !== modelKey(entry),
      baseline: baseline === i ? null : baseline,
      medianSmallPower: median(
        summaries.map((summary) => summary.smallPower.power),
      ),
    };
  });
  const classes = new Set(
    columns.flatMap(({ summaries }) => [...summaries.keys()]),
  );
  const rows = [...classes]
    .sort((a, b) => a - b)
    .map((classIndex) => compareClass(classIndex, columns));
  return { columns, rows };
}

function compareClass(
  classIndex: number,
  columns: readonly ComparisonColumn[],
): ComparisonRow {
  const summaries = columns.map((column) => column.summaries.get(classIndex));
  return {
    classIndex,
    name: summaries.find((summary) => summary !== undefined)?.name ?? "",
    summaries,
    differences: columns.map(({ baseline }, i) => {
      if (baseline === null) return undefined;
      const [mine, theirs] = [summaries[i], summaries[baseline]];
      return mine && theirs ? mine.power.power - theirs.power.power : undefined;
    }),
    excess: Math.max(
      ...columns.map(({ medianSmallPower }, i) => {
        const power = summaries[i]?.smallPower.power;
        return power === undefined ? -Infinity : power - medianSmallPower;
      }),
    ),
  };
}

/** The same file under the same name. */
function modelKey({ result }: ComparisonEntry): string {
  return `${result.model.sha256} ${result.model.name}`;
}

function checkEntries(entries: readonly ComparisonEntry[]): void {
  if (entries.length < fewestCompared || entries.length > mostCompared)
    throw new MotifError(
      "usage",
      `a comparison takes ${fewestCompared} to ${mostCompared} results, ${entries.length} were given.`,
    );
  const [first] = entries;
  for (const { result } of entries) {
    const { classes } = result.dataset;
    const differing = classes.findIndex(
      (name, i) => name !== first.result.dataset.classes[i],
    );
    if (
      differing >= 0 ||
      classes.length !== first.result.dataset.classes.length
    )
      throw new MotifError(
        "usage",
        `${first.result.model.name} and ${result.model.name} have different classes. Compare models of the same data set.`,
      );
  }
}
