/** Data sets as people see them. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { SampleSheets } from "../shards/shard-result.ts";
import type { DatasetFile, DatasetReference } from "../shards/shard-spec.ts";

export type CheckStatus = "CHECKING" | "READY" | "REFUSED";

export interface DatasetView {
  readonly id: string;
  readonly name: string;
  readonly status: CheckStatus;
  /** Why it is refused. */
  readonly problem: string | null;
  /** Of its inspection. */
  readonly jobId: string | null;
  readonly path: string | null;
  readonly split: string | null;
  readonly files: readonly DatasetFile[];
  readonly format: string | null;
  readonly digest: string | null;
  readonly imageCount: number | null;
  readonly classNames: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
}

/** With what there is of each class. */
export interface DatasetDetail extends DatasetView {
  /** Null before its inspection, and where that was by a node that did not count. */
  readonly imagesByClass: readonly number[] | null;
  readonly samples: SampleSheets | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly problem: string | null;
  readonly job_id: string | null;
  readonly path: string | null;
  readonly split: string | null;
  readonly files: readonly DatasetFile[];
  readonly format: string | null;
  readonly digest: string | null;
  readonly image_count: string | null;
  readonly class_names: readonly string[];
  readonly created_at: Date;
  readonly created_by: string;
}

interface DetailRow extends Row {
  readonly images_by_class: readonly number[] | null;
  readonly samples: SampleSheets | null;
}

const select = (more = "") => `
  SELECT dataset.id, dataset.name, dataset.status, dataset.problem, dataset.path, dataset.split, dataset.files, dataset.format,
         dataset.digest, dataset.image_count, dataset.class_names, dataset.created_at, dataset.created_by, inspection.id AS job_id${more}
  FROM dataset
  LEFT JOIN LATERAL (
    SELECT job.id FROM job
    WHERE job.dataset_id = dataset.id AND job.kind = 'inspect-dataset'
    ORDER BY job.created_at DESC LIMIT 1
  ) AS inspection ON true`;

/** By name. */
export async function listDatasets(
  client: Queryable,
): Promise<readonly DatasetView[]> {
  const { rows } = await client.query<Row>(
    `${select()} ORDER BY dataset.name LIMIT 10000`,
  );
  return rows.map(viewOf);
}

/** @throws ControlPlaneError "not-found" */
export async function readDataset(
  client: Queryable,
  idOrName: string,
): Promise<DatasetDetail> {
  const { rows } = await client.query<DetailRow>(
    `${select(", dataset.images_by_class, dataset.samples")} WHERE dataset.id::text = $1 OR dataset.name = $1`,
    [idOrName],
  );
  const [row] = rows;
  if (row)
    return {
      ...viewOf(row),
      imagesByClass: row.images_by_class,
      samples: row.samples,
    };
  throw new ControlPlaneError(
    "not-found",
    `There is no data set "${idOrName}". motif datasets list shows what there is.`,
  );
}

/** What shards are told of a data set. */
export const referenceOf = ({
  name,
  split,
  digest,
  path,
  files,
}: Pick<
  DatasetView,
  "name" | "split" | "digest" | "path" | "files"
>): DatasetReference => ({ name, split, digest, path, files });

function viewOf(row: Row): DatasetView {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    problem: row.problem,
    jobId: row.job_id,
    path: row.path,
    split: row.split,
    files: row.files,
    format: row.format,
    digest: row.digest,
    imageCount: row.image_count === null ? null : Number(row.image_count),
    classNames: row.class_names,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}
