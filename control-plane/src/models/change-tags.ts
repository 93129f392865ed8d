/** Puts tags on models and takes them off, of one or of many in one transaction: all of them or none. */
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";
import { unknownModel } from "./read-models.ts";
import { mostTagsOfModel } from "./tag.ts";

export interface TagChange {
  /** Ids or names. */
  readonly models: readonly string[];
  /** Normalized, as those to be removed. What is there already, or is not there, stays so. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Known {
  readonly id: string;
  readonly name: string;
}

interface TagOfModel {
  readonly modelId: string;
  readonly tag: string;
}

/**
 * @returns how many models have other tags than before
 * @throws ControlPlaneError "not-found" naming the first model that is not there, "conflict" where one would have too many
 */
export function changeTags(
  database: Database,
  change: TagChange,
  caller: Caller,
): Promise<number> {
  return database.transaction(async (client) => {
    const models = await lockModels(client, change.models);
    const ids = models.map(({ id }) => id);
    const removed = await client.query<TagOfModel>(
      `DELETE FROM model_tag WHERE model_id = ANY($1::uuid[]) AND tag = ANY($2::text[])
       RETURNING model_id AS "modelId", tag`,
      [ids, change.remove],
    );
    const added = await client.query<TagOfModel>(
      `INSERT INTO model_tag (model_id, tag, created_by)
       SELECT model_id, tag, $3 FROM unnest($1::uuid[]) AS model_id, unnest($2::text[]) AS tag
       ON CONFLICT DO NOTHING
       RETURNING model_id AS "modelId", tag`,
      [ids, change.add, caller.actor],
    );
    await requireRoom(client, models);
    const [addedOf, removedOf] = [added, removed].map(({ rows }) =>
      Map.groupBy(rows, ({ modelId }) => modelId),
    );
    const tagsOf = (
      rows: ReadonlyMap<string, readonly TagOfModel[]> | undefined,
      id: string,
    ) => (rows?.get(id) ?? []).map(({ tag }) => tag).sort();
    let changed = 0;
    for (const { id, name } of models) {
      const details = {
        name,
        added: tagsOf(addedOf, id),
        removed: tagsOf(removedOf, id),
      };
      if (details.added.length + details.removed.length === 0) continue;
      changed++;
      await recordChange(client, {
        ...{ actor: caller.actor, address: caller.address, subject: id },
        ...{ action: "model.tag", details },
      });
    }
    if (changed > 0)
      await appendEvents(client, [
        { stream: "cluster", type: "models-tagged", body: { count: changed } },
      ]);
    return changed;
  });
}

/** In the order of their ids, so that two who change the same do not wait for each other. */
async function lockModels(
  client: Queryable,
  idsOrNames: readonly string[],
): Promise<readonly Known[]> {
  const { rows } = await client.query<Known>(
    `SELECT id, name FROM model WHERE id::text = ANY($1::text[]) OR name = ANY($1::text[])
     ORDER BY id FOR NO KEY UPDATE`,
    [idsOrNames],
  );
  const known = new Set(rows.flatMap(({ id, name }) => [id, name]));
  const missing = idsOrNames.find((idOrName) => !known.has(idOrName));
  if (missing === undefined) return rows;
  throw unknownModel(missing);
}

async function requireRoom(
  client: Queryable,
  models: readonly Known[],
): Promise<void> {
  const { rows } = await client.query<{ modelId: string; count: number }>(
    `SELECT model_id AS "modelId", count(*)::int AS count FROM model_tag WHERE model_id = ANY($1::uuid[])
     GROUP BY model_id HAVING count(*) > $2 LIMIT 1`,
    [models.map(({ id }) => id), mostTagsOfModel],
  );
  const [full] = rows;
  if (!full) return;
  const name = models.find(({ id }) => id === full.modelId)?.name ?? "A model";
  throw new ControlPlaneError(
    "conflict",
    `${name} would have ${full.count} tags, and ${mostTagsOfModel} is the most. Take some off it first.`,
  );
}
