/** What comes of a shard in this process: like the result that a control plane keeps, with files where that has artifacts. */
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import type { AuditDocument } from "../report/audit.ts";
import type { PowerEntry, SourceEntry } from "../report/result.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import type { SearchTrace } from "../search/search-trace.ts";
import type { EpochSummary } from "../training/train.ts";
import type { ClassifierEvaluation } from "./evaluate-classifier.ts";

export type ShardOutcome =
  | SearchOutcome
  | CheckModelOutcome
  | InspectDatasetOutcome
  | TrainOutcome
  | TrainRoundOutcome
  | EvaluateOutcome
  | AuditOutcome
  | CompareAuditsOutcome
  | NoopOutcome;

export interface SearchOutcome {
  readonly kind: "search";
  /** In the order of the work's searches. */
  readonly patterns: readonly PatternOutcome[];
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  /** 0 where the graphs were there from an earlier shard. */
  readonly compileMs: number;
  readonly searchMs: number;
  readonly evaluateMs: number;
}

/** A pattern; `mask`, `canvas`, `pattern` and `heatmap` are absolute paths in the work folder: .npy float32 [H, W], then PNG. */
export interface PatternOutcome {
  readonly identity: SearchIdentity;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  readonly mask: string;
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
  /** Flat pixel indices, best first. */
  readonly topPixels: readonly number[];
  readonly predictivePower: readonly PowerEntry[];
  readonly sourceToTarget: readonly SourceEntry[];
  readonly kStar: number | null;
  readonly wallMs: number;
  readonly trace: SearchTrace;
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
  /** Natural canvases that each class has. */
  readonly canvasesByClass: readonly number[];
  /** Search-part images of each class. */
  readonly searchImagesByClass: readonly number[];
  /** Forward passes a second, as measured here. */
  readonly imagesPerSecond: number;
  readonly warnings: readonly string[];
  /** As in the manifest; null where it states none. */
  readonly groundTruth: unknown;
  readonly importMs: number;
}

export interface InspectDatasetOutcome {
  readonly kind: "inspect-dataset";
  /** Why the data set is refused; null where it is good. */
  readonly refusal: string | null;
  /** `idx`, `cifar` or `image-folder`. */
  readonly format: string;
  readonly digest: string;
  readonly images: number;
  readonly classNames: readonly string[];
  /** Empty where it has none. */
  readonly splits: readonly string[];
  readonly imagesByClass: readonly number[];
  /** Null where it is refused, or has too many classes to show. */
  readonly samples: SampleSheets | null;
}

/** A few images of each class: rows are classes, columns images; what a class lacks is transparent. */
export interface SampleSheets {
  /** Of one image, in pixels. */
  readonly height: number;
  readonly width: number;
  readonly perClass: number;
  readonly classesPerSheet: number;
  /** PNG files in the work folder, classes in their order. */
  readonly sheets: readonly string[];
}

export interface TrainOutcome {
  readonly kind: "train";
  /** ONNX, a path in the work folder. */
  readonly model: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly cleanAccuracy: MeasuredShare;
  /** Null for a model without a backdoor. */
  readonly attackSuccessRate: MeasuredShare | null;
  /** Those of this attempt, thinned where they are many; what an earlier one did before its checkpoint is not among them. */
  readonly epochs: readonly EpochSummary[];
  readonly trainMs: number;
}

/** Of one worker. */
export interface TrainRoundOutcome {
  readonly kind: "train-round";
  /** safetensors, a path in the work folder. */
  readonly checkpoint: string;
  /** The parts of epochs that it trained on, in this attempt. */
  readonly epochs: readonly EpochSummary[];
  readonly trainMs: number;
}

export interface EvaluateOutcome {
  readonly kind: "evaluate";
  readonly evaluation: ClassifierEvaluation;
  /** Of the split that was measured on. */
  readonly datasetDigest: string;
  /** What a person should look at. */
  readonly warnings: readonly string[];
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  /** Of the last attempt. */
  readonly evaluateMs: number;
}

export type AuditSummary = Omit<AuditDocument, "evidence" | "statistics">;

export interface AuditOutcome {
  readonly kind: "audit";
  /** audit.json without times, a path in the work folder. */
  readonly document: string;
  /** What is in it, without its evidence. */
  readonly summary: AuditSummary;
  /** What a person should look at. */
  readonly warnings: readonly string[];
  /** Of the last attempt. */
  readonly auditMs: number;
}

export interface CompareAuditsOutcome {
  readonly kind: "compare-audits";
  /** Those that say something else beside the others, in their order. */
  readonly changed: readonly ComparedAudit[];
  readonly compareMs: number;
}

export interface ComparedAudit {
  /** In the work's audits, from 0. */
  readonly place: number;
  /** audit.json without times, a path in the work folder. */
  readonly document: string;
  /** What is in it, without its evidence. */
  readonly summary: AuditSummary;
}

export interface NoopOutcome {
  readonly kind: "noop";
}
