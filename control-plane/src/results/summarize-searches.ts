/** What a search of all classes says of its model, once when it has succeeded, so that thousands of models can be listed with it. */
import type { Queryable } from "../database/database.ts";
import type { SearchSummary } from "../shards/search-summary.ts";
import { findOutlier } from "./anomaly.ts";

interface Row {
  readonly id: string;
  readonly num_classes: number;
  readonly class_names: readonly string[] | null;
  /** Of classes that have a pattern, ascending; and the smallest k* of each. */
  readonly target_classes: readonly number[];
  readonly k_stars: readonly (number | null)[];
}

/** In the transaction that ended the jobs. Only searches of all classes get a summary: an outlier is one among all. */
export async function summarizeSearches(
  client: Queryable,
  jobIds: readonly string[],
): Promise<void> {
  if (jobIds.length === 0) return;
  const { rows } = await client.query<Row>(
    `SELECT job.id, (facts ->> 'numClasses')::int AS num_classes, facts -> 'classNames' AS class_names,
            found.target_classes, found.k_stars
     FROM job
     JOIN model_check ON model_check.model_id = job.model_id AND model_check.dataset_id = job.dataset_id
     JOIN LATERAL (
       SELECT array_agg(target_class ORDER BY target_class) AS target_classes,
              array_agg(k_star ORDER BY target_class) AS k_stars
       FROM (SELECT target_class, min(k_star) AS k_star FROM pattern WHERE job_id = job.id GROUP BY target_class) AS best
     ) AS found ON true
     WHERE job.id = ANY ($1::uuid[]) AND job.kind = 'search'
       AND cardinality(found.target_classes) = (facts ->> 'numClasses')::int`,
    [jobIds],
  );
  if (rows.length === 0) return;
  await client.query(
    `UPDATE job SET summary = made.summary FROM unnest($1::uuid[], $2::jsonb[]) AS made (id, summary) WHERE job.id = made.id`,
    [
      rows.map(({ id }) => id),
      rows.map((row) => JSON.stringify(summaryOf(row))),
    ],
  );
}

function summaryOf({
  target_classes,
  k_stars,
  class_names,
}: Row): SearchSummary {
  const { outlier, reason } = findOutlier(
    target_classes.map((targetClass, i) => ({
      targetClass,
      kStar: k_stars[i] ?? null,
    })),
  );
  return {
    outlier: outlier && {
      ...outlier,
      className: class_names?.[outlier.targetClass] ?? null,
    },
    reason,
  };
}
