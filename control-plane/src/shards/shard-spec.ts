/** What a shard asks a node to do: the plain form that is planned, kept in the database and put on the wire (rpc/). */

export type ShardSpec =
  | SearchSpec
  | CheckModelSpec
  | InspectDatasetSpec
  | TrainSpec
  | EvaluateSpec
  | AuditSpec
  | CompareAuditsSpec
  | NoopSpec;

export interface SearchSpec {
  readonly kind: "search";
  readonly model: ModelReference;
  readonly dataset: DatasetReference;
  readonly settings: SearchSettings;
  /** Which searches, in the order in which they are run. */
  readonly searches: readonly SearchIdentity[];
  /** S: searches that share a forward pass; the same for every shard of a job. */
  readonly pack: number;
  readonly evaluateImages: number;
  readonly threshold: number;
  /** As on the command line; `auto` takes what the node announced. */
  readonly backend: string;
}

/** Opens a model with its data set and holds its clean accuracy against the declared one. */
export interface CheckModelSpec {
  readonly kind: "check-model";
  readonly model: ModelReference;
  readonly dataset: DatasetReference;
  readonly backend: string;
}

/** Reads a data set's outline. */
export interface InspectDatasetSpec {
  readonly kind: "inspect-dataset";
  readonly dataset: DatasetReference;
}

/** Trains one model and measures it, or does a part of that. */
export interface TrainSpec {
  readonly kind: "train";
  /** The model that is trained further; absent where the recipe names an architecture. */
  readonly start?: ModelReference;
  /** Its split is what is trained on. */
  readonly dataset: DatasetReference;
  /** What the accuracy is measured on. */
  readonly testSplit: string;
  /** All that decides what the training makes of the images: nodes know what it means. */
  readonly recipe: Readonly<Record<string, unknown>>;
  /** What the model is called. */
  readonly name: string;
  /** How it came about, for its manifest. */
  readonly command: string;
  readonly backend: string;
  /** Absent where the shard does all of the training. */
  readonly round?: TrainRound;
}

/** What a worker does of a training that is spread over several (jobs/plan-rounds.ts). */
export interface TrainRound {
  /** From 0. */
  readonly round: number;
  readonly worker: number;
  /** Digests of what the workers left of the round before, in their order; none before round 0. */
  readonly starts: readonly string[];
  /** After the last round: no step, but the averaged model, measured. */
  readonly isLast: boolean;
}

/** Measures one model on one data set. */
export interface EvaluateSpec {
  readonly kind: "evaluate";
  readonly model: ModelReference;
  /** Whose evaluation it is; nodes do not need it. */
  readonly modelId: string;
  /** Its split is what is measured on. */
  readonly dataset: DatasetReference;
  /** Most images; null: all. */
  readonly images: number | null;
  /** Null: none. */
  readonly attack: EvaluationAttack | null;
  /** Of the choice of images and of what is random in attacks. */
  readonly seed: number;
  /** Images a run; null: by their size. */
  readonly batchSize: number | null;
  readonly backend: string;
}

/** What images are put to, of pixels of 0…1; radius and step follow from the images where they are left open. */
export interface EvaluationAttack {
  /** PGD alone, or PGD, APGD-CE, APGD-T and (L∞) Square together. */
  readonly attack: (typeof attackNames)[number];
  readonly norm: (typeof normNames)[number];
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
  readonly pgdSteps: number;
  readonly apgdSteps: number;
  readonly apgdTargets: number;
  readonly squareQueries: number;
}

export const attackNames = ["pgd", "ensemble"] as const;
export const normNames = ["linf", "l2"] as const;

/** Says of one model whether a backdoor is suspected in it. */
export interface AuditSpec extends AuditSettings {
  readonly kind: "audit";
  readonly model: ModelReference;
  /** Whose audit it is; nodes do not need it. */
  readonly modelId: string;
  /** Its split is what questions are asked and findings are tried on. */
  readonly dataset: DatasetReference;
  readonly backend: string;
  /** Of models that a person named as clean, in that order; absent where the model's classes are compared with each other alone. */
  readonly cleanAudits?: readonly CleanAudit[];
}

export interface CleanAudit {
  /** What the model is registered as. */
  readonly model: string;
  /** Of the document of its audit, an artifact. */
  readonly sha256: string;
}

/** With fewer, what is usual cannot be told from what is one model's. */
export const fewestCleanModels = 3;
/** Each is a document that every node of the audit fetches and reads. */
export const mostCleanModels = 100;

export interface AuditSettings {
  /** Motif's own, or a baseline. */
  readonly method: (typeof auditMethods)[number];
  readonly seed: number;
  /** Searches at length of a class, each from a seed of its own. */
  readonly seeds: number;
  /** Every class is searched at length; nothing is skipped. */
  readonly isExhaustive: boolean;
  /** Power that the strength a class needs asks for, 0…1. */
  readonly threshold: number;
  /** Most images that findings are tried on. */
  readonly evaluateImages: number;
}

export const auditMethods = ["motif", "neural-cleanse"] as const;

/** Judges the models of a job anew, beside each other, once all are audited. */
export interface CompareAuditsSpec {
  readonly kind: "compare-audits";
  /** Those that there are, in the order of the job's models. */
  readonly audits: readonly JudgedAudit[];
}

export interface JudgedAudit {
  /** Of the model's shard in the job; nodes do not need it. */
  readonly index: number;
  /** What the model is registered as. */
  readonly model: string;
  /** Of the document, an artifact. */
  readonly sha256: string;
}

/** With fewer models, what is usual cannot be told from what is one model's; nodes want as many of one architecture. */
export const fewestCompared = 6;

/** Does nothing for a while: what leases cost, measured. */
export interface NoopSpec {
  readonly kind: "noop";
  readonly waitMs: number;
}

export interface ModelReference {
  readonly sha256: string;
  /** As registered. */
  readonly manifest: unknown;
  readonly name: string;
}

export interface DatasetReference {
  readonly name: string;
  readonly split: string | null;
  /** Null before it was inspected. */
  readonly digest: string | null;
  /** On machines that share the control plane's file system; null where it was uploaded. */
  readonly path: string | null;
  /** Empty for folders that nodes must see at `path`. */
  readonly files: readonly DatasetFile[];
}

export interface DatasetFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface SearchSettings {
  readonly preset: "default" | "official";
  readonly steps: number;
  readonly batchSize: number;
  readonly alpha: number;
  readonly stepSize: number;
  readonly initialMask: number;
  readonly canvasStepSize: number;
  readonly canvasSource: "natural" | "noise" | "free";
  readonly canvases: number;
  readonly seeds: number;
}

export interface SearchIdentity {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
}
