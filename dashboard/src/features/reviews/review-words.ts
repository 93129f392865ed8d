/** What people say of models, in words. Pure. */
import type { Model } from "../../api/types.ts";
import { formatMoment } from "../../ui/format.ts";

export type ReviewStanding = Model["review"];
export type ReviewStatus = ReviewStanding["status"];

export const reviewWords: Readonly<Record<ReviewStatus, string>> = {
  unreviewed: "unreviewed",
  "needs-work": "needs work",
  confirmed: "confirmed",
  dismissed: "dismissed",
};
export const reviewStatuses = Object.keys(reviewWords) as ReviewStatus[];

/** What is still to be done comes first. */
export const orderOfReview = (status: ReviewStatus): number =>
  reviewStatuses.indexOf(status);

/** @example "by ada, 26 Nov 2026, 10:00:00 UTC" */
export const whoReviewed = ({ author, at }: ReviewStanding): string =>
  author === null || at === null
    ? "Nobody has reviewed it"
    : `by ${author}, ${formatMoment(at)}`;

/** What of a model is spoken of: all of it, a class as a whole, or a pattern. */
export type ReviewScope =
  | { readonly kind: "model" }
  | { readonly kind: "class"; readonly classIndex: number }
  | { readonly kind: "pattern"; readonly patternId: string };

/** From an address's `about`. @example "class.7"; anything else is the model */
export function parseAbout(text: string | undefined): ReviewScope {
  const found = /^class\.(\d{1,9})$/.exec(text ?? "");
  return found
    ? { kind: "class", classIndex: Number(found[1]) }
    : { kind: "model" };
}

/** Where a class stands with what is said of it. */
export const classAddress = (modelId: string, classIndex: number): string =>
  `/model?id=${modelId}&about=class.${classIndex}`;

/** Where a pattern stands with what is said of it. */
export const patternAddress = (
  modelId: string,
  place: {
    readonly jobId: string;
    readonly targetClass: number;
    readonly canvasIndex: number;
    readonly seed: number;
  },
): string =>
  `/model?id=${modelId}&job=${place.jobId}&pattern=${place.targetClass}.${place.canvasIndex}.${place.seed}`;
