/**
 * What a shard asks for and what comes of it, with every file a local path: the contract between those who run shards (this
 * folder) and those who get them from elsewhere (`cluster/`, and `local/` for one machine).
 */
import type { Backend } from "../engine/index.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import type { SearchSettings } from "../search/settings.ts";

export type { SearchIdentity } from "../search/run-searches.ts";

export type ShardWork =
  SearchWork | CheckModelWork | InspectDatasetWork | NoopWork;

export interface ModelFiles {
  readonly path: string;
  readonly manifestPath: string;
  readonly name: string;
  readonly sha256: string;
}

export interface DatasetFiles {
  readonly path: string;
  readonly name: string;
  readonly split: string | null;
  /** Of the content, as it was registered; null before it was inspected. */
  readonly digest: string | null;
}

export interface SearchWork {
  readonly kind: "search";
  readonly model: ModelFiles;
  readonly dataset: DatasetFiles;
  readonly settings: SearchSettings;
  /** In the order in which they are run. */
  readonly searches: readonly SearchIdentity[];
  /** S: searches that share a forward pass. */
  readonly pack: number;
  /** Most images that a pattern is tried on. */
  readonly evaluateImages: number;
  /** Predictive power that k* asks for, 0…1. */
  readonly threshold: number;
  /** As on the command line; `auto` is the node's own. */
  readonly backend: string;
}

export interface CheckModelWork {
  readonly kind: "check-model";
  readonly model: ModelFiles;
  readonly dataset: DatasetFiles;
  readonly backend: string;
}

export interface InspectDatasetWork {
  readonly kind: "inspect-dataset";
  readonly dataset: DatasetFiles;
}

export interface NoopWork {
  readonly kind: "noop";
  readonly waitMs: number;
}

export interface ShardContext {
  /** The node's own. */
  readonly backend: Backend;
  /** Empty, the shard's own; the files of its result are written here. */
  readonly workDirectory: string;
  /** Its reason is thrown when it aborts: "stop" or "yield". */
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** 0…1. */
  readonly onProgress: (done: number) => void;
  /** Of an earlier attempt. */
  readonly checkpointPath?: string;
  /** A file to keep, every 20 s or so and when the work is stopped. */
  readonly onCheckpoint: (path: string) => Promise<void>;
}

export type ShardOutcome =
  SearchOutcome | CheckModelOutcome | InspectDatasetOutcome | NoopOutcome;

export interface SearchOutcome {
  readonly kind: "search";
  /** In the order of the work's searches. */
  readonly patterns: readonly SearchedPattern[];
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly compileMs: number;
  readonly searchMs: number;
  readonly evaluateMs: number;
}

/** As in result.json, with absolute paths of files in the work directory. */
export interface SearchedPattern {
  readonly identity: SearchIdentity;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  /** .npy. */
  readonly mask: string;
  /** PNGs. */
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
  readonly topPixels: readonly number[];
  readonly predictivePower: readonly {
    readonly k: number;
    readonly fraction: number;
    readonly power: number;
    readonly baseRate: number;
    readonly n: number;
    readonly wilson95: readonly [number, number];
  }[];
  readonly sourceToTarget: readonly {
    readonly sourceClass: number;
    readonly power: number;
    readonly n: number;
  }[];
  readonly kStar: number | null;
  readonly wallMs: number;
}

export interface CheckModelOutcome {
  readonly kind: "check-model";
  /** Why the model is refused; null where it is good, and then the facts below count. */
  readonly refusal: string | null;
  readonly name: string;
  /** [C, H, W]. */
  readonly inputShape: readonly number[];
  readonly numClasses: number;
  readonly cleanAccuracy: number;
  readonly cleanAccuracyImages: number;
  readonly classNames: readonly string[];
  readonly parts: {
    readonly canvas: number;
    readonly search: number;
    readonly evaluate: number;
  };
  readonly canvasesByClass: readonly number[];
  readonly searchImagesByClass: readonly number[];
  /** Forward passes a second of one image each. */
  readonly imagesPerSecond: number;
  readonly warnings: readonly string[];
  readonly groundTruth: unknown;
  readonly importMs: number;
}

export interface InspectDatasetOutcome {
  readonly kind: "inspect-dataset";
  /** Why the data set is refused; null where it is good. */
  readonly refusal: string | null;
  readonly format: string;
  readonly digest: string;
  readonly images: number;
  readonly classNames: readonly string[];
  readonly splits: readonly string[];
}

export interface NoopOutcome {
  readonly kind: "noop";
}

export interface ShardRunner {
  /**
   * @throws MotifError "model", "dataset", "usage", "graph" or "diverged" where the input is at fault, "backend" or "storage" where this
   * machine is; the signal's reason when it aborts
   */
  run(work: ShardWork, context: ShardContext): Promise<ShardOutcome>;
  /** Frees what it keeps open. Nothing may be running. */
  close(): Promise<void>;
}
