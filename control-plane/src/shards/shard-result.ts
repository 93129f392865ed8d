/** What comes of a shard, in its plain form. */
import type { EvaluationAttack, SearchIdentity } from "./shard-spec.ts";
import type { TrainedEpoch } from "./training-progress.ts";

export type ShardResult =
  | SearchResult
  | CheckModelResult
  | InspectDatasetResult
  | TrainResult
  | TrainRoundResult
  | EvaluateResult
  | AuditResult
  | CompareAuditsResult
  | NoopResult;

export interface SearchResult {
  readonly kind: "search";
  readonly patterns: readonly Pattern[];
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly compileMs: number;
  readonly searchMs: number;
  readonly evaluateMs: number;
}

export interface Pattern {
  readonly identity: SearchIdentity;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  readonly mask: ArtifactReference;
  readonly canvas: ArtifactReference;
  readonly pattern: ArtifactReference;
  readonly heatmap: ArtifactReference;
  /** Flat pixel indices, best first. */
  readonly topPixels: readonly number[];
  readonly predictivePower: readonly PowerPoint[];
  readonly sourceToTarget: readonly SourcePower[];
  readonly kStar: number | null;
  readonly wallMs: number;
  /** Null where the node kept none. */
  readonly trace: SearchTrace | null;
}

/** How a search went, at 64 of its steps at most, the first and the last among them. Lists of equal lengths. */
export interface SearchTrace {
  /** Steps done, ascending. */
  readonly steps: readonly number[];
  /** α·cross-entropy + (1 − α)·size, of that step's batch, before that step. */
  readonly loss: readonly number[];
  /** Sum of the mask after that step. */
  readonly maskL1: readonly number[];
}

export interface ArtifactReference {
  readonly sha256: string;
  readonly bytes: number;
}

export interface PowerPoint {
  readonly k: number;
  readonly fraction: number;
  readonly power: number;
  readonly baseRate: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

export interface SourcePower {
  readonly sourceClass: number;
  readonly power: number;
  readonly n: number;
}

export interface CheckModelResult {
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
  /** Forward passes a second where it was checked. */
  readonly imagesPerSecond: number;
  readonly warnings: readonly string[];
  readonly groundTruth: unknown;
  readonly importMs: number;
}

export interface InspectDatasetResult {
  readonly kind: "inspect-dataset";
  /** Why the data set is refused; null where it is good. */
  readonly refusal: string | null;
  readonly format: string;
  readonly digest: string;
  readonly images: number;
  readonly classNames: readonly string[];
  readonly splits: readonly string[];
  /** Null where the node did not count. */
  readonly imagesByClass: readonly number[] | null;
  readonly samples: SampleSheets | null;
}

/** A few images of each class, small: PNG artifacts with a row a class and a column an image. What a class lacks is transparent. */
export interface SampleSheets {
  /** Of one image, in pixels. */
  readonly height: number;
  readonly width: number;
  readonly perClass: number;
  readonly classesPerSheet: number;
  /** Digests; sheet i holds the classes from i · classesPerSheet on. */
  readonly sheets: readonly string[];
}

export interface TrainResult {
  readonly kind: "train";
  /** The .onnx file. */
  readonly model: ArtifactReference;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** 0…1. */
  readonly cleanAccuracy: number;
  readonly cleanAccuracyImages: number;
  /** Null for a model without a backdoor. */
  readonly attackSuccessRate: number | null;
  /** Those of the last attempt. */
  readonly epochs: readonly TrainedEpoch[];
  readonly trainMs: number;
}

/** Of one worker. */
export interface TrainRoundResult {
  readonly kind: "train-round";
  /** safetensors. */
  readonly checkpoint: ArtifactReference;
  /** The parts of epochs that it trained on, in the last attempt. */
  readonly epochs: readonly TrainedEpoch[];
  readonly trainMs: number;
}

/** In the words of what `motif evaluate --local` writes. */
export interface EvaluateResult {
  readonly kind: "evaluate";
  /** Of the split that was measured on. */
  readonly datasetDigest: string;
  /** How many were looked at. */
  readonly images: number;
  readonly clean: {
    readonly accuracy: MeasuredShare;
    /** 15 bins of equal width, 0…1. */
    readonly expectedCalibrationError: number;
    /** All classes of the model, in order. */
    readonly classes: readonly EvaluatedClass[];
  };
  /** Null where no backdoor is known, and then why. */
  readonly attackSuccessRate: MeasuredShare | null;
  readonly noAttackSuccessRate: string | null;
  /** Null where no attack was asked for. */
  readonly robustness: RobustEvaluation | null;
  /** With what the request left open. */
  readonly config: {
    readonly robustness: CompleteAttack | null;
    readonly seed: number;
    readonly batchSize: number;
  };
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly warnings: readonly string[];
  /** Of the last attempt. */
  readonly evaluateMs: number;
}

/** A share of n images, 0…1, with its interval. */
export interface MeasuredShare {
  readonly share: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

export interface EvaluatedClass {
  readonly class: number;
  readonly name: string;
  readonly accuracy: MeasuredShare;
  /** What its images are taken for, most often first. */
  readonly predictions: readonly {
    readonly class: number;
    readonly count: number;
  }[];
}

export interface RobustEvaluation {
  readonly norm: EvaluationAttack["norm"];
  readonly epsilon: number;
  /** Of all images, under every attack. */
  readonly robustAccuracy: MeasuredShare;
  /** By class index. */
  readonly classes: readonly MeasuredShare[];
  /** In the order in which they were run. */
  readonly attacks: readonly AttackSummary[];
}

export interface AttackSummary {
  readonly name: string;
  /** Images that were right before it. */
  readonly tried: number;
  /** Those of them that are wrong under it. */
  readonly fooled: number;
  /** Of all images, after it and those before it. */
  readonly robustAccuracy: MeasuredShare;
}

export type CompleteAttack = Omit<EvaluationAttack, "epsilon" | "stepSize"> & {
  readonly epsilon: number;
  readonly stepSize: number;
  readonly seed: number;
};

/** What an audit says, in short; the evidence is in the document. */
export interface AuditResult {
  readonly kind: "audit";
  /** audit.json without times: the same bytes whoever audits. */
  readonly document: ArtifactReference;
  readonly verdict: VerdictName;
  /** A sentence or two for people. */
  readonly reason: string;
  /** Of a backdoor, 0…1; null where the method gives none. */
  readonly probability: number | null;
  /** The class that stands out; null where images go to several, or nothing can be said. */
  readonly targetClass: number | null;
  readonly targetClassName: string | null;
  /** The kind of change that it answers to: patch, faint, stripes, warp. */
  readonly perturbation: string | null;
  readonly anomalyIndex: number | null;
  readonly pValue: number | null;
  /** Null where the model's numbers are not finite. */
  readonly cleanAccuracy: number | null;
  readonly cost: {
    readonly imageGradients: number;
    /** What asking about every class at length would have cost. */
    readonly exhaustiveImageGradients: number;
  };
  /** Of the split that was audited on. */
  readonly datasetDigest: string;
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly warnings: readonly string[];
  /** Of the last attempt. */
  readonly auditMs: number;
}

/** What audits say beside each other. */
export interface CompareAuditsResult {
  readonly kind: "compare-audits";
  /** Those that say something else than before. */
  readonly changed: readonly ComparedAudit[];
  /** Of the last attempt. */
  readonly compareMs: number;
}

/** What is another than before, in the words of AuditResult. */
export interface ComparedAudit extends Pick<
  AuditResult,
  | "document"
  | "verdict"
  | "reason"
  | "probability"
  | "targetClass"
  | "targetClassName"
  | "perturbation"
  | "anomalyIndex"
  | "pValue"
> {
  /** In the shard's audits, from 0. */
  readonly place: number;
  /** Other models of its architecture that it was compared with; 0: there are too few now. */
  readonly peers: number;
}

/** The strongest word is "suspected": no model is ever called clean. */
export const verdictNames = [
  "backdoor suspected",
  "no evidence found",
  "inconclusive",
] as const;
export type VerdictName = (typeof verdictNames)[number];

export interface NoopResult {
  readonly kind: "noop";
}
