/** A model and a data set that a job names, and what their check has found. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { CheckModelResult } from "../shards/shard-result.ts";
import type {
  DatasetFile,
  DatasetReference,
  ModelReference,
} from "../shards/shard-spec.ts";
import type { CheckedFacts } from "./plan-shards.ts";

export interface SearchInput {
  readonly modelId: string;
  readonly datasetId: string;
  readonly model: ModelReference;
  readonly dataset: DatasetReference;
  readonly facts: CheckedFacts;
}

interface Row {
  readonly model_id: string | null;
  readonly model_name: string;
  readonly sha256: string;
  readonly manifest: unknown;
  readonly dataset_id: string | null;
  readonly dataset_name: string;
  readonly path: string | null;
  readonly split: string | null;
  readonly files: readonly DatasetFile[];
  readonly digest: string | null;
  readonly status: "CHECKING" | "READY" | "REFUSED" | null;
  readonly problem: string | null;
  readonly facts: CheckModelResult | null;
}

/**
 * @param model @param dataset ids or names
 * @throws ControlPlaneError "not-found" where there is none, "conflict" where they are not ready for each other
 */
export async function readSearchInput(
  client: Queryable,
  model: string,
  dataset: string,
): Promise<SearchInput> {
  const { rows } = await client.query<Row>(
    `SELECT model.id AS model_id, model.name AS model_name, model.sha256, model.manifest,
            dataset.id AS dataset_id, dataset.name AS dataset_name, dataset.path, dataset.split, dataset.files, dataset.digest,
            model_check.status, model_check.problem, model_check.facts
     FROM (SELECT 1) AS one
     LEFT JOIN model ON model.id::text = $1 OR model.name = $1
     LEFT JOIN dataset ON dataset.id::text = $2 OR dataset.name = $2
     LEFT JOIN model_check ON model_check.model_id = model.id AND model_check.dataset_id = dataset.id`,
    [model, dataset],
  );
  const row = rows[0]!;
  if (row.model_id === null)
    throw new ControlPlaneError(
      "not-found",
      `There is no model "${model}". motif models list shows what there is.`,
    );
  if (row.dataset_id === null)
    throw new ControlPlaneError(
      "not-found",
      `There is no data set "${dataset}". motif datasets list shows what there is.`,
    );
  const { facts } = row;
  if (row.status !== "READY" || !facts) throw notReady(row);
  return {
    modelId: row.model_id,
    datasetId: row.dataset_id,
    model: {
      sha256: row.sha256,
      manifest: row.manifest,
      name: row.model_name,
    },
    dataset: {
      name: row.dataset_name,
      split: row.split,
      digest: row.digest,
      path: row.path,
      files: row.files,
    },
    facts: {
      inputShape: facts.inputShape,
      numClasses: facts.numClasses,
      canvasesByClass: facts.canvasesByClass,
      searchImagesByClass: facts.searchImagesByClass,
      evaluateImages: facts.parts.evaluate,
      imagesPerSecond: facts.imagesPerSecond,
    },
  };
}

function notReady({
  model_name: model,
  dataset_name: dataset,
  status,
  problem,
}: Row): ControlPlaneError {
  const why =
    status === null
      ? `was never held against "${dataset}". POST /api/models/${encodeURIComponent(model)}/checks does it.`
      : status === "CHECKING"
        ? `is still being held against "${dataset}", or waits for a compute node to do it. Try again when its check is READY.`
        : `was refused for "${dataset}": ${problem ?? "no reason was given"}`;
  return new ControlPlaneError("conflict", `The model "${model}" ${why}`);
}
