/** What people say of models: a status, a comment, or both; the newest status counts. */

export const reviewStatuses = [
  "unreviewed",
  "confirmed",
  "dismissed",
  "needs-work",
] as const;
export type ReviewStatus = (typeof reviewStatuses)[number];

export const longestComment = 4_000;

/** What counts now. */
export interface ReviewStanding {
  readonly status: ReviewStatus;
  /** Who gave it, and when; null where nobody has. */
  readonly author: string | null;
  readonly at: string | null;
}

export interface ReviewEntry {
  readonly id: number;
  /** Null where it is of the model as a whole. */
  readonly classIndex: number | null;
  /** The one it is of, if it is of a pattern: its place in its search. */
  readonly pattern: ReviewedPattern | null;
  readonly status: ReviewStatus | null;
  /** Plain text. */
  readonly comment: string | null;
  /** Name of a token, or `local`. */
  readonly author: string;
  readonly createdAt: string;
  /** Whether the model's name stood for another file then: its status counts no more. */
  readonly isOfEarlierFile: boolean;
}

export interface ReviewedPattern {
  readonly id: string;
  readonly jobId: string;
  readonly canvasIndex: number;
  readonly seed: number;
}

/** Of the model as a whole where both are absent. */
export interface ReviewScope {
  readonly classIndex?: number | undefined;
  readonly patternId?: string | undefined;
}

export const standingOf = (
  row:
    | { readonly status: ReviewStatus; readonly author: string; at: Date }
    | undefined,
): ReviewStanding =>
  row
    ? { status: row.status, author: row.author, at: row.at.toISOString() }
    : { status: "unreviewed", author: null, at: null };
