/** A registered model that a training starts from. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { ModelReference } from "../shards/shard-spec.ts";

/**
 * Whether model and data set fit together is for the node that opens both to say; what is known already is said now.
 * @param idOrName of the model
 * @throws ControlPlaneError "not-found", "conflict" where the model was refused for the data set
 */
export async function readStartModel(
  client: Queryable,
  idOrName: string,
  datasetId: string,
): Promise<ModelReference> {
  const { rows } = await client.query<
    ModelReference & { status: string | null; problem: string | null }
  >(
    `SELECT model.name, model.sha256, model.manifest, model_check.status, model_check.problem
     FROM model LEFT JOIN model_check ON model_check.model_id = model.id AND model_check.dataset_id = $2
     WHERE model.id::text = $1 OR model.name = $1`,
    [idOrName, datasetId],
  );
  const [row] = rows;
  if (!row)
    throw new ControlPlaneError(
      "not-found",
      `There is no model "${idOrName}". motif models list shows what there is.`,
    );
  const { status, problem, ...reference } = row;
  if (status === "REFUSED")
    throw new ControlPlaneError(
      "conflict",
      `The model "${reference.name}" was refused for this data set: ${problem ?? "no reason was given."}`,
    );
  return reference;
}
