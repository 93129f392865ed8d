/** A job's curves as CSV (RFC 4180), a row a pattern and size. */
import type { ResultPattern } from "../jobs/read-patterns.ts";
import type { JobResult } from "../jobs/result.ts";
import { lineOfTable } from "./table-line.ts";

const columns = [
  "model",
  "dataset",
  "targetClass",
  "className",
  "canvasIndex",
  "seed",
  "k",
  "fraction",
  "power",
  "wilsonLow",
  "wilsonHigh",
  "baseRate",
  "n",
  "kStar",
  "maskL1",
  "steps",
  "imageGradients",
] as const;

export async function* writeTable({
  head,
  patterns,
}: JobResult): AsyncGenerator<string> {
  yield lineOfTable(columns);
  const model = (head.model as { readonly name: string }).name;
  const { name: dataset, classes } = head.dataset as {
    readonly name: string;
    readonly classes: readonly string[];
  };
  for await (const pattern of patterns())
    yield rowsOf(pattern, model, dataset, classes[pattern.targetClass] ?? "");
}

const rowsOf = (
  pattern: ResultPattern,
  model: string,
  dataset: string,
  className: string,
): string =>
  pattern.predictivePower
    .map(({ k, fraction, power, wilson95: [low, high], baseRate, n }) =>
      lineOfTable([
        ...[model, dataset, pattern.targetClass, className],
        ...[pattern.canvasIndex, pattern.seed, k, fraction, power, low, high],
        ...[baseRate, n, pattern.kStar ?? "", pattern.maskL1, pattern.steps],
        pattern.imageGradients,
      ]),
    )
    .join("");
