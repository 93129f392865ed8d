/** What REST says of jobs, named. */
import type { Job } from "../../api/types.ts";

export type JobKind = Job["kind"];

/** `job.parameters` of a search. */
export interface SearchParameters {
  readonly classes: string;
  readonly settings: {
    readonly preset: string;
    readonly steps: number;
    readonly batchSize: number;
    readonly alpha: number;
    readonly stepSize: number;
    readonly initialMask: number;
    readonly canvasStepSize: number;
    readonly canvasSource: string;
    readonly canvases: number;
    readonly seeds: number;
  };
  readonly canvasIndex: number | null;
  readonly seed: number;
  readonly pack: number;
  readonly evaluateImages: number;
  readonly threshold: number;
  readonly backend: string;
  readonly searches: number;
  readonly classesShortOfCanvases: number;
}

export const searchParametersOf = (job: Job): SearchParameters | null =>
  job.kind === "search"
    ? (job.parameters as unknown as SearchParameters)
    : null;
