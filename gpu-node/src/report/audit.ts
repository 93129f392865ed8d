/** `audit.json`: what an audit of one model leaves behind, and what its page is drawn from. */
import type {
  Finding,
  PerturbationEvidence,
  ScreenedAnswer,
} from "../audit/evidence.ts";
import type { NamedStatistic } from "../audit/statistics.ts";
import type { Verdict } from "../audit/verdict.ts";
import type { FindingPictures } from "./audit-pictures.ts";
import type { GroundTruth } from "./result.ts";

/** What a model can be audited by. */
export const auditMethods = ["motif", "neural-cleanse"] as const;
export type AuditMethod = (typeof auditMethods)[number];

export interface ModelAudit extends AuditDocument {
  readonly timing: { readonly auditMs: number };
}

/** All but times: the same bytes for the same model, data set, request and backend. */
export interface AuditDocument {
  readonly schemaVersion: 1;
  readonly model: {
    readonly name: string;
    readonly sha256: string;
    /** Digest of its graph without its weights: models of one architecture have the same. Absent in documents from before. */
    readonly architecture?: string | undefined;
    /** [C, H, W]. */
    readonly inputShape: readonly [number, number, number];
    readonly numClasses: number;
    /** 0…1; null where the model's numbers are not finite. */
    readonly cleanAccuracy: number | null;
    readonly cleanAccuracyImages: number;
    /** Stated by the manifest, never used. */
    readonly groundTruth: GroundTruth | null;
  };
  readonly dataset: {
    readonly name: string;
    readonly digest: string;
    readonly classes: readonly string[];
  };
  readonly config: {
    readonly method: AuditMethod;
    readonly seed: number;
    readonly seeds: number;
    readonly isExhaustive: boolean;
    /** Power that k* and the like ask for. */
    readonly threshold: number;
    readonly evaluateImages: number;
  };
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  readonly verdict: Verdict;
  /** Where it was compared with other models of its collection. */
  readonly peers?:
    | {
        /** Others of the same architecture. */
        readonly count: number;
        /** The verdict without them. */
        readonly alone: Verdict;
      }
    | undefined;
  readonly statistics: readonly NamedStatistic[];
  readonly evidence: readonly AuditEvidence[];
  /** The recovered patch against the stated trigger's place: intersection over union; null where nothing is stated or found. */
  readonly triggerOverlap: number | null;
  readonly cost: {
    readonly imageGradients: number;
    /** What asking about every class at length would have cost. */
    readonly exhaustiveImageGradients: number;
  };
}

/** What was asked about one kind of perturbation, and what it says of each class. */
export interface AuditEvidence extends Omit<
  PerturbationEvidence,
  "screened" | "finalists"
> {
  readonly screened: readonly (ScreenedAnswer & {
    /** Null where deviations have no scale. */
    readonly anomalyIndex: number | null;
  })[];
  /** Classes that were not asked about. */
  readonly skipped: readonly number[];
  readonly finalists: readonly (Finding & {
    readonly pictures: FindingPictures | null;
  })[];
}
