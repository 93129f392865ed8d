/** What a search of all classes says of its model; `job.summary`. */

export interface SearchSummary {
  readonly outlier: (Outlier & { readonly className: string | null }) | null;
  /** Why nothing can be said; null beside an outlier. */
  readonly reason: string | null;
}

/** The class with the smallest k*, and how far it is from the others. It need not be suspicious: `threshold` says from where on. */
export interface Outlier {
  readonly targetClass: number;
  readonly kStar: number;
  /** How many deviations its log k* is below the median of all classes. */
  readonly anomalyIndex: number;
  /** Over the classes; of an even number of them the geometric mean of the two in the middle. */
  readonly medianKStar: number;
  /** An index above it is met in 5% of clean models of as many classes. */
  readonly threshold: number;
}
