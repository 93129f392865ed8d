/** What a local search is asked for, what it tells while it runs, and what it gives. */
import type { Backend } from "../engine/index.ts";
import type { MotifError } from "../motif-error.ts";
import type { PatternResult, Result } from "../report/result.ts";
import type { SearchSettings } from "../search/settings.ts";

export interface LocalSearch {
  readonly modelPath: string;
  readonly manifestPath?: string | undefined;
  readonly datasetPath: string;
  /** What to call it; by its file or folder where absent. */
  readonly datasetName?: string | undefined;
  /** A part of the data set that has several, such as `test`. */
  readonly split?: string | undefined;
  readonly outDirectory: string;
  /** As on the command line: `all`, `0,3-5`. */
  readonly classes: string;
  readonly settings: SearchSettings;
  /** Only this canvas of each class, instead of the first `settings.canvases`. */
  readonly canvasIndex?: number | undefined;
  /** Of the first seed; further seeds count on from it. */
  readonly seed: number;
  /** S: searches in a forward pass; by the size of the images where absent. */
  readonly pack?: number | undefined;
  /** Most images that a pattern is tried on. */
  readonly evaluateImages: number;
  /** Share of other-class images that counts as "the pattern works". */
  readonly threshold: number;
  readonly backend: Backend;
  /** Where decoded data sets are kept between runs. */
  readonly cacheDirectory?: string | undefined;
}

/** What a long run tells of itself. All counts are of images passed through the model, a gradient counting as three. */
export interface LocalSearchEvents {
  readonly onPhase?: (name: string) => void;
  readonly onDecoded?: (done: number, total: number | null) => void;
  readonly onPlanned?: (work: number) => void;
  readonly onWork?: (work: number) => void;
  readonly onPattern?: (
    pattern: PatternResult,
    done: number,
    total: number,
  ) => void;
  readonly onWarning?: (message: string) => void;
}

export interface LocalSearchOutcome {
  readonly result: Result;
  /** Whether the signal stopped it: then `result` holds what was done. */
  readonly wasStopped: boolean;
  /** What ended it early; `result` holds what was done until then. */
  readonly failure: MotifError | null;
  /** Patterns found in the folder, not searched again. */
  readonly resumed: number;
}
