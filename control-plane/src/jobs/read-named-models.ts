/** The models that a job names, for jobs of a shard a model. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { ModelReference } from "../shards/shard-spec.ts";

export interface RegisteredModel {
  readonly id: string;
  readonly reference: ModelReference;
}

/**
 * @param asked ids or names
 * @returns in the order asked for
 * @throws ControlPlaneError "not-found" for a model that there is not, "invalid" for one that is named twice
 */
export async function readNamedModels(
  client: Queryable,
  asked: readonly string[],
): Promise<readonly RegisteredModel[]> {
  const { rows } = await client.query<ModelReference & { id: string }>(
    `SELECT id, name, sha256, manifest FROM model WHERE id::text = ANY($1::text[]) OR name = ANY($1::text[])`,
    [asked],
  );
  const found = asked.map((idOrName) => {
    const row = rows.find(
      ({ id, name }) => id === idOrName || name === idOrName,
    );
    if (row) return row;
    throw new ControlPlaneError(
      "not-found",
      `There is no model "${idOrName}". motif models list shows what there is.`,
    );
  });
  const twice = found.find((row, index) => found.indexOf(row) !== index);
  if (twice)
    throw new ControlPlaneError(
      "invalid",
      `The model "${twice.name}" is named twice. Name each once.`,
    );
  return found.map(({ id, ...reference }) => ({ id, reference }));
}
