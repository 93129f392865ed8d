/** Lists of models. One of 10,000 is one statement: what is looked up for each has an index. */
import type { Queryable } from "../database/database.ts";
import { readDataset } from "../datasets/read-datasets.ts";
import { fitsFilter, type ModelFilter } from "./model-filter.ts";
import {
  selection,
  viewOf,
  type ModelRow,
  type ModelView,
} from "./read-models.ts";

const mostListed = 10_000;

/** By name. */
export async function listModels(
  client: Queryable,
  filter: ModelFilter = {},
): Promise<readonly ModelView[]> {
  const models = await readModels(client, filter, null, mostListed);
  return models.filter((model) => fitsFilter(model, filter));
}

/** All that fit, by name, so many at a time that a page of them is soon read. */
export async function* pageModels(
  client: Queryable,
  filter: ModelFilter,
  pageSize = 500,
): AsyncGenerator<readonly ModelView[]> {
  for (let after: string | null = null; ;) {
    const models = await readModels(client, filter, after, pageSize);
    yield models.filter((model) => fitsFilter(model, filter));
    if (models.length < pageSize) return;
    after = models.at(-1)!.name;
  }
}

/** By name, those with the filter's tags; the rest of it is for whoever asks. @param after a name: only those behind it */
async function readModels(
  client: Queryable,
  { tag = [] }: ModelFilter,
  after: string | null,
  most: number,
): Promise<readonly ModelView[]> {
  const { rows } = await client.query<ModelRow>(
    `${selection("", "model_check.brief_facts")}
     WHERE ($1::text IS NULL OR model.name > $1)
       AND (cardinality($2::text[]) = 0 OR model.id IN (
         SELECT model_id FROM model_tag WHERE tag = ANY($2) GROUP BY model_id HAVING count(*) = cardinality($2)))
     ORDER BY model.name LIMIT $3`,
    [after, [...new Set(tag)], most],
  );
  return rows.map(viewOf);
}

/**
 * Those that were held against a data set, by name.
 * @throws ControlPlaneError "not-found"
 */
export async function listModelsOfDataset(
  client: Queryable,
  datasetIdOrName: string,
): Promise<readonly ModelView[]> {
  const { id } = await readDataset(client, datasetIdOrName);
  const { rows } = await client.query<ModelRow>(
    `${selection("", "model_check.brief_facts")}
     WHERE model.id IN (SELECT model_id FROM model_check WHERE dataset_id = $1)
     ORDER BY model.name LIMIT ${mostListed}`,
    [id],
  );
  return rows.map(viewOf);
}
