/** Which models of all are meant: what the dashboard's table is filtered by, and lists and exports too. Pure. */
import type { CheckStatus } from "../datasets/read-datasets.ts";
import type { ModelSetting, ModelView } from "./read-models.ts";
import type { VerdictName } from "../shards/shard-result.ts";
import type { ReviewStatus } from "./review.ts";

/** In place of a verdict. */
export const notAudited = "not audited";

/** Where a part is absent, or empty, all fit. */
export interface ModelFilter {
  /** Words that name or data set have to have, in any case. */
  readonly q?: string | undefined;
  readonly setting?: readonly ModelSetting[] | undefined;
  /** Of its newest check. */
  readonly status?: readonly CheckStatus[] | undefined;
  readonly dataset?: string | undefined;
  /** All of these. */
  readonly tag?: readonly string[] | undefined;
  /** Of its newest audit: one of these. */
  readonly verdict?: readonly (VerdictName | typeof notAudited)[] | undefined;
  /** One of these. */
  readonly review?: readonly ReviewStatus[] | undefined;
}

export function fitsFilter(
  model: ModelView,
  { q = "", setting, status, dataset, tag, verdict, review }: ModelFilter,
): boolean {
  const own = `${model.name} ${model.dataset ?? ""}`.toLocaleLowerCase();
  return (
    q
      .toLocaleLowerCase()
      .split(/\s+/)
      .every((word) => own.includes(word)) &&
    isAmong(setting, model.setting) &&
    isAmong(status, model.status) &&
    isAmong(verdict, model.audit?.verdict ?? notAudited) &&
    isAmong(review, model.review.status) &&
    (dataset === undefined || model.dataset === dataset) &&
    (tag ?? []).every((one) => model.tags.includes(one))
  );
}

const isAmong = <T>(wanted: readonly T[] | undefined, value: T): boolean =>
  wanted === undefined || wanted.length === 0 || wanted.includes(value);
