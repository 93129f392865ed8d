/** What a job is to people. States of jobs and shards are moved in leases/ alone. */
import type { SearchSettings } from "../shards/shard-spec.ts";

export const jobKinds = [
  "search",
  "check-model",
  "inspect-dataset",
  "train",
  "evaluate",
  "audit",
  "noop",
] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobStatuses = [
  "RUNNING",
  "PAUSED",
  "CANCELLED",
  "SUCCEEDED",
  "FAILED",
] as const;
export type JobStatus = (typeof jobStatuses)[number];

export interface JobView {
  readonly id: string;
  readonly kind: JobKind;
  readonly name: string;
  readonly status: JobStatus;
  readonly weight: number;
  /** The model's name; null where the job has none. */
  readonly model: string | null;
  readonly modelId: string | null;
  readonly dataset: string | null;
  readonly datasetId: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly shards: {
    readonly total: number;
    readonly succeeded: number;
    readonly dead: number;
    readonly cancelled: number;
    /** On a node. */
    readonly running: number;
    readonly pending: number;
  };
  /** 0…1; shards that are under way count with what they have done. */
  readonly done: number;
  /** Shards done in the last minute; null for a job that has ended. */
  readonly ratePerMinute: number | null;
  /** Null where nothing says how fast it goes: it has ended or is paused, or nothing was done for minutes. */
  readonly secondsLeft: number | null;
  /** Shards done in each of the last thirty ten-second spans, oldest first; none for a job that has ended. */
  readonly recent: readonly number[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly finishedAt: string | null;
}

/** What a search job was asked for and what was decided; `job.parameters` of kind "search". */
export interface SearchParameters {
  readonly classes: string;
  readonly settings: SearchSettings;
  readonly canvasIndex: number | null;
  readonly seed: number;
  readonly pack: number;
  readonly evaluateImages: number;
  readonly threshold: number;
  readonly backend: string;
  /** How many searches were planned. */
  readonly searches: number;
  /** Classes that get fewer canvases than were asked for, because the data set has no more images of them for it. */
  readonly classesShortOfCanvases: number;
}

/** Share of the cluster that a check gets: people wait for it, and it is one shard. */
export const checkWeight = 10;
