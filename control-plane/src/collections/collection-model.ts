/** A model as an export has it: what lists say of it, with what is looked up for exports alone. */
import type { Queryable } from "../database/database.ts";
import { pageModels } from "../models/list-models.ts";
import { listReviewsOfModels } from "../models/list-reviews.ts";
import type { ModelFilter } from "../models/model-filter.ts";
import type { ModelView } from "../models/read-models.ts";
import type { ReviewEntry } from "../models/review.ts";

export interface CollectionModel {
  readonly model: ModelView;
  readonly datasetDigest: string | null;
  /** As its manifest states it; undefined where it states none. */
  readonly groundTruth: unknown;
  /** Newest first, `mostReviews` at most. */
  readonly reviews: readonly ReviewEntry[];
}

export interface Collection {
  readonly filter: ModelFilter;
  /** When it was read, ISO 8601. */
  readonly exportedAt: string;
  readonly models: AsyncIterable<CollectionModel>;
}

/** Of one model, in one export. */
export const mostReviews = 200;

/** By name, in pages that are soon read. */
export async function* readCollection(
  client: Queryable,
  filter: ModelFilter,
): AsyncGenerator<CollectionModel> {
  for await (const models of pageModels(client, filter, 200)) {
    const ids = models.map(({ id }) => id);
    const reviews = await listReviewsOfModels(client, ids, mostReviews);
    const { rows } = await client.query<{ id: string; stated: unknown }>(
      `SELECT id, brief_manifest->'groundTruth' AS stated FROM model WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    const stated = new Map(rows.map((row) => [row.id, row.stated]));
    const digests = await readDigests(client, models);
    for (const model of models)
      yield {
        model,
        datasetDigest: digests.get(model.dataset ?? "") ?? null,
        groundTruth: stated.get(model.id) ?? undefined,
        reviews: reviews.get(model.id) ?? [],
      };
  }
}

async function readDigests(
  client: Queryable,
  models: readonly ModelView[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await client.query<{ name: string; digest: string | null }>(
    "SELECT name, digest FROM dataset WHERE name = ANY($1::text[])",
    [models.flatMap(({ dataset }) => dataset ?? [])],
  );
  return new Map(rows.map(({ name, digest }) => [name, digest]));
}
