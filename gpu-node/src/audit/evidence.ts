/** What was asked of a model and what came of it: plain data, from which statistics, verdict and report are made. */
import type { StrengthPoint } from "./measure-answer.ts";
import type {
  Perturbation,
  PerturbationKind,
} from "./perturbations/perturbation.ts";

/** One question and its measured answer. */
export interface Answer {
  /** Null: any other class than an image's own. */
  readonly targetClass: number | null;
  readonly seed: number;
  readonly steps: number;
  readonly imageGradients: number;
  /** Of the last step's images. */
  readonly crossEntropy: number;
  /** Images that it was tried on. */
  readonly n: number;
  readonly baseRate: number;
  readonly curve: readonly StrengthPoint[];
  /** Natural logarithm of what it needs: the mean over images (strength-needed.ts). */
  readonly logStrength: number;
  /** The smallest strength tried that reaches the audit's threshold (k* of a patch); null: none does. */
  readonly strengthAtThreshold: number | null;
}

/** An answer for any other class: where images went. */
export interface AnyOtherAnswer extends Answer {
  /** The strength of the moves below. */
  readonly atStrength: number;
  /** By class: the class that most of its images went to, and their share; its own left out. */
  readonly moves: readonly {
    readonly from: number;
    readonly to: number;
    readonly share: number;
  }[];
}

/** A short search for one class. */
export interface ScreenedAnswer extends Answer {
  readonly targetClass: number;
  /** Sum of a patch's mask; null for others. */
  readonly maskL1: number | null;
}

/** What a finalist's search found, for people to see. */
export interface Finding extends ScreenedAnswer {
  /** By source class: share that is moved at the strength that the class needs. */
  readonly bySource: readonly {
    readonly sourceClass: number;
    readonly power: number;
    readonly n: number;
  }[];
  /** Its strongest pixels, best first; empty for what has no few pixels. */
  readonly topPixels: readonly number[];
}

/** All that was asked about one kind of perturbation. */
export interface PerturbationEvidence {
  readonly perturbation: PerturbationKind;
  readonly unit: Perturbation["unit"];
  readonly anyOther: readonly AnyOtherAnswer[];
  /** A short search for each class that was screened, by class. */
  readonly screened: readonly ScreenedAnswer[];
  /** The strongest classes' searches at length, a seed each; strongest class first. */
  readonly finalists: readonly Finding[];
}

/** With what was found itself. */
export interface FoundEvidence extends PerturbationEvidence {
  /** A finalist: values of the perturbation's variables, float32 in base64. */
  readonly found: readonly (readonly string[])[];
}

export interface Evidence<Part = PerturbationEvidence> {
  readonly numClasses: number;
  readonly perturbations: readonly Part[];
}
