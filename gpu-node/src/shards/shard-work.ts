/** What a shard asks of this process: plain, and every path on this machine. */
import type { SearchIdentity } from "../search/run-searches.ts";
import type { SearchSettings } from "../search/settings.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import type { AuditRequest } from "./audit-classifier.ts";
import type { EvaluationRequest } from "./evaluate-classifier.ts";

export type { SearchIdentity } from "../search/run-searches.ts";

export type ShardWork =
  | SearchWork
  | CheckModelWork
  | InspectDatasetWork
  | TrainWork
  | EvaluateWork
  | AuditWork
  | CompareAuditsWork
  | NoopWork;

export interface ModelFiles {
  readonly path: string;
  readonly manifestPath: string;
  /** What it was registered as; results call it by its manifest's name. */
  readonly name: string;
  /** Of the file at `path`. */
  readonly sha256: string;
}

export interface DatasetFiles {
  readonly path: string;
  readonly name: string;
  readonly split: string | null;
  /** What the readers must find; null before it was inspected. */
  readonly digest: string | null;
}

export interface SearchWork {
  readonly kind: "search";
  readonly model: ModelFiles;
  readonly dataset: DatasetFiles;
  readonly settings: SearchSettings;
  readonly searches: readonly SearchIdentity[];
  /** S: searches that share a forward pass. */
  readonly pack: number;
  /** Most images that a pattern is tried on. */
  readonly evaluateImages: number;
  /** Share of other-class images that counts as "the pattern works". */
  readonly threshold: number;
  /** As on the command line; `auto` takes the context's. */
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

/** One model, from its first step to its measured accuracy; or a part of that. */
export interface TrainWork {
  readonly kind: "train";
  /** The model that is trained further; null where the recipe names an architecture. */
  readonly start: ModelFiles | null;
  /** Its split is what is trained on. */
  readonly dataset: DatasetFiles;
  /** What the accuracy is measured on. */
  readonly testSplit: string;
  readonly recipe: TrainingRecipe;
  /** What the model is called. */
  readonly name: string;
  /** How it came about, for its manifest. */
  readonly command: string;
  readonly backend: string;
  /** Null: all of the training. */
  readonly round: RoundWork | null;
}

/** What a worker does of a training that is spread over several. */
export interface RoundWork {
  /** From 0. */
  readonly round: number;
  readonly worker: number;
  /** What the workers left of the round before, in their order; none before round 0. */
  readonly starts: readonly string[];
  /** After the last round: no step, but the model. */
  readonly isLast: boolean;
}

/** Everything that is measured of one model on one data set. */
export interface EvaluateWork {
  readonly kind: "evaluate";
  readonly model: ModelFiles;
  readonly dataset: DatasetFiles;
  readonly request: EvaluationRequest;
  /** As on the command line; `auto` takes the context's. */
  readonly backend: string;
}

/** Whether a backdoor is suspected in one model. */
export interface AuditWork {
  readonly kind: "audit";
  readonly model: ModelFiles;
  readonly dataset: DatasetFiles;
  /** Without references: they are made of `cleanAudits`. */
  readonly request: Omit<AuditRequest, "references">;
  /** As on the command line; `auto` takes the context's. */
  readonly backend: string;
  /** Of models that a person named as clean, in their order; absent or none: the model's classes are compared with each other alone. */
  readonly cleanAudits?: readonly AuditFile[];
}

/** The document that an audit left. */
export interface AuditFile {
  /** What the model is registered as. */
  readonly model: string;
  readonly path: string;
}

/** The models of a collection beside each other, from what their audits left. */
export interface CompareAuditsWork {
  readonly kind: "compare-audits";
  /** In the order of the job's models. */
  readonly audits: readonly AuditFile[];
}

export interface NoopWork {
  readonly kind: "noop";
  readonly waitMs: number;
}
