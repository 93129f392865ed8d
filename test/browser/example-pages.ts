/** The pages that tests and screenshots look at, made from results that no search made. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  writeComparison,
  writeReport,
  writeResult,
} from "../../gpu-node/src/report/index.ts";
import type { Result } from "../../gpu-node/src/report/result.ts";
import {
  writeSyntheticResult,
  type SyntheticResult,
} from "../fixtures/synthetic-result.ts";

const clothes = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const patch = { top: 23, left: 23, height: 4, width: 4 };
const grey: SyntheticResult = {
  dataset: "Clothes",
  classes: clothes,
  shape: [1, 28, 28],
  canvases: 2,
};

/** Names that a page must not trip over. */
export const hostileNames = [
  "<script>window.broken = true</script>",
  `"><img src=x onerror="window.broken = true">`,
  "w".repeat(200),
  "a name of several words that goes on and on ".repeat(5).trim(),
  "\u202Eright to left override",
  "قطة صغيرة",
  "${window.broken = true} ` \\",
  "</style></title><b>",
];

export const examples = {
  colour: { name: "colour-net", canvases: 3, seeds: 2 },
  backdoor: {
    ...grey,
    name: "badnets-net",
    backdoor: { targetClass: 7, box: patch },
  },
  two: { name: "two-net", classes: ["no", "yes"], canvases: 1 },
  /** Enough classes for a matrix without numbers. */
  dense: { name: "dense-net", classes: 14, canvases: 1, shape: [3, 16, 16] },
  signs: { name: "signs-net", classes: 43, canvases: 1, shape: [3, 16, 16] },
  hundred: {
    name: "hundred-net",
    classes: 100,
    canvases: 1,
    shape: [3, 16, 16],
  },
  stopped: {
    name: "stopped-net",
    searched: 6,
    plannedSearches: 50,
  },
  empty: { name: "empty-net", searched: 0, plannedSearches: 50 },
  hostile: {
    name: `<script>window.broken = true</script> ${"n".repeat(120)}`,
    dataset: `<img src=x onerror="window.broken = true">`,
    classes: hostileNames,
    canvases: 1,
    groundTruth: {
      status: "poisoned",
      targetClass: 0,
      trigger: { description: "<script>window.broken = true</script>" },
    },
  },
} as const satisfies Record<string, SyntheticResult>;

export type ExampleName = keyof typeof examples;

/** @returns the address of the page */
export async function writeExample(
  directory: string,
  name: ExampleName,
): Promise<string> {
  const folder = join(directory, name);
  const result = await writeSyntheticResult(folder, examples[name]);
  await writeResult(folder, result);
  return pathToFileURL(await writeReport(folder, result)).href;
}

/** Two models on two kinds of canvas, as the demo has them, each with a page of its own. @returns the address of the page */
export async function writeComparisonExample(
  directory: string,
): Promise<string> {
  const folder = join(directory, "comparison");
  const entries: { directory: string; result: Result }[] = [];
  for (const [name, options] of [
    ["natural", {}],
    ["badnets", { backdoor: { targetClass: 7, box: patch } }],
  ] as const)
    for (const canvasSource of ["natural", "noise"] as const) {
      const own = join(folder, `${name}-${canvasSource}`);
      const result = await writeSyntheticResult(own, {
        ...grey,
        ...options,
        name,
        canvasSource,
      });
      const distinct: Result = {
        ...result,
        model: {
          ...result.model,
          sha256: (name === "natural" ? "ab" : "cd").repeat(32),
        },
      };
      await writeResult(own, distinct);
      await writeReport(own, distinct);
      entries.push({ directory: own, result: distinct });
    }
  return pathToFileURL(await writeComparison(folder, entries)).href;
}
