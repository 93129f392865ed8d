/** What REST says, as clients of it read it: only what the command line shows or decides by. Times are ISO 8601. */

export const checkStatuses = ["CHECKING", "READY", "REFUSED"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export interface ApiDataset {
  readonly id: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly problem: string | null;
  readonly jobId: string | null;
  readonly format: string | null;
  readonly split: string | null;
  readonly imageCount: number | null;
  readonly classNames: readonly string[];
}

export interface ApiModel {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly tags: readonly string[];
  readonly review: ApiReviewStanding;
  readonly checks: readonly ApiModelCheck[];
}

/** What people made of a model. */
export interface ApiReviewStanding {
  readonly status: ReviewStatus;
  /** Null where nobody has looked at it. */
  readonly author: string | null;
  readonly at: string | null;
}

export const reviewStatuses = [
  "unreviewed",
  "confirmed",
  "dismissed",
  "needs-work",
] as const;
export type ReviewStatus = (typeof reviewStatuses)[number];

/** A model held against a data set. */
export interface ApiModelCheck {
  /** The data set's name. */
  readonly dataset: string;
  readonly status: CheckStatus;
  readonly problem: string | null;
  readonly jobId: string;
  readonly facts: ApiModelFacts | null;
}

export interface ApiModelFacts {
  readonly inputShape: readonly number[];
  readonly numClasses: number;
  /** 0…1. */
  readonly cleanAccuracy: number;
  readonly cleanAccuracyImages: number;
  readonly classNames: readonly string[];
  readonly warnings: readonly string[];
}

export const jobStatuses = [
  "RUNNING",
  "PAUSED",
  "CANCELLED",
  "SUCCEEDED",
  "FAILED",
] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** Whether nothing more will happen in a job. */
export function isFinished(status: JobStatus): boolean {
  return status !== "RUNNING" && status !== "PAUSED";
}

export interface ApiJob {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly weight: number;
  readonly model: string | null;
  readonly dataset: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly shards: {
    readonly total: number;
    readonly succeeded: number;
    readonly dead: number;
    readonly cancelled: number;
    readonly running: number;
    readonly pending: number;
  };
  /** 0…1. */
  readonly done: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly finishedAt: string | null;
}

export interface ApiShard {
  readonly id: string;
  readonly status: string;
  readonly problem: string | null;
}

/** A share of n images, 0…1, with its interval. */
export interface ApiMeasuredShare {
  readonly share: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

/** Of one model of an evaluation. */
export interface ApiEvaluation {
  readonly shardIndex: number;
  readonly model: string;
  /** Null until it is measured. */
  readonly measured: {
    readonly clean: {
      readonly accuracy: ApiMeasuredShare;
      readonly expectedCalibrationError: number;
    };
    readonly attackSuccessRate: ApiMeasuredShare | null;
    readonly robustness: {
      readonly robustAccuracy: ApiMeasuredShare;
      readonly attacks: readonly { readonly name: string }[];
    } | null;
  } | null;
}

/** Of one model of an audit. */
export interface ApiAudit {
  readonly shardIndex: number;
  readonly model: string;
  readonly status: string;
  /** Why there is no verdict. */
  readonly problem: string | null;
  /** Null until it is there. */
  readonly judged: {
    readonly document: { readonly sha256: string; readonly bytes: number };
    readonly verdict: string;
    readonly reason: string;
    readonly probability: number | null;
    readonly targetClass: number | null;
    readonly targetClassName: string | null;
    readonly perturbation: string | null;
    readonly anomalyIndex: number | null;
    readonly pValue: number | null;
    readonly cleanAccuracy: number | null;
    readonly warnings: readonly string[];
    readonly auditMs: number;
  } | null;
}

/** Numbered without gaps in its stream: a job's id, or `cluster`. */
export interface ApiEvent {
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: string;
}

export interface ApiResult {
  /** result.json, with paths as a local search writes them. */
  readonly result: {
    readonly model: { readonly name: string };
    readonly dataset: { readonly classes: readonly string[] };
    readonly patterns: readonly unknown[];
  };
  readonly files: readonly ApiFile[];
}

export interface ApiFile {
  /** Relative to the folder of result.json. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface ApiNode {
  readonly id: string;
  readonly name: string;
  readonly status: "ONLINE" | "DRAINING" | "OFFLINE";
  readonly slots: number;
  readonly backend: string | null;
  readonly provider: string | null;
  readonly threads: number | null;
  readonly lastSeenAt: string | null;
}

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

export interface ApiAuditEntry {
  readonly id: number | string;
  readonly at: string;
  readonly actor: string;
  readonly address: string | null;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}
