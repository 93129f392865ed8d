/** A data set that a job names, once a node has looked at it. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { DatasetReference } from "../shards/shard-spec.ts";

/**
 * @param idOrName of the data set
 * @throws ControlPlaneError "not-found" where there is none, "conflict" where it is not ready
 */
export async function readReadyDataset(
  client: Queryable,
  idOrName: string,
): Promise<{ readonly id: string; readonly reference: DatasetReference }> {
  const { rows } = await client.query<
    DatasetReference & {
      id: string;
      status: string;
      problem: string | null;
    }
  >(
    `SELECT id, status, problem, name, split, digest, path, files FROM dataset WHERE id::text = $1 OR name = $1`,
    [idOrName],
  );
  const [row] = rows;
  if (!row)
    throw new ControlPlaneError(
      "not-found",
      `There is no data set "${idOrName}". motif datasets list shows what there is.`,
    );
  const { id, status, problem, ...reference } = row;
  if (status === "READY") return { id, reference };
  throw new ControlPlaneError(
    "conflict",
    status === "CHECKING"
      ? `The data set "${reference.name}" is still being looked at. Try again once it is ready.`
      : `The data set "${reference.name}" was refused: ${problem ?? "no reason was given."}`,
  );
}
