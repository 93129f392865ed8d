/** Jobs as people see them: a row's counts, and what its shards on nodes have done so far. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { JobKind, JobStatus, JobView } from "./job.ts";
import { rateOf, readRecent, type RecentShards } from "./job-rate.ts";

export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly kind?: JobKind | undefined;
  readonly modelId?: string | undefined;
  readonly limit: number;
  /** Id of a job: only those that are older. */
  readonly before?: string | undefined;
}

interface Row {
  readonly id: string;
  readonly kind: JobKind;
  readonly name: string;
  readonly status: JobStatus;
  readonly weight: number;
  readonly model: string | null;
  readonly model_id: string | null;
  readonly dataset: string | null;
  readonly dataset_id: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly shard_count: number;
  readonly further_count: number;
  readonly succeeded_count: number;
  readonly dead_count: number;
  readonly cancelled_count: number;
  readonly running: number | null;
  readonly partly: number | null;
  readonly age_seconds: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly finished_at: Date | null;
}

/** Shards in flight are as many as the cluster has room for, whatever the job's size: the partial index finds them. */
const selection = `
  SELECT job.id, job.kind, job.name, job.status, job.weight, job.model_id, job.dataset_id, job.parameters,
         job.shard_count, job.further_count, job.succeeded_count, job.dead_count, job.cancelled_count,
         job.created_at, job.created_by, job.finished_at, extract(epoch FROM now() - job.created_at)::float8 AS age_seconds,
         model.name AS model, dataset.name AS dataset, flight.running, flight.partly
  FROM job
  LEFT JOIN model ON model.id = job.model_id
  LEFT JOIN dataset ON dataset.id = job.dataset_id
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE shard.status IN ('LEASED', 'RUNNING'))::int AS running, sum(shard.done) AS partly
    FROM shard
    WHERE shard.job_id = job.id AND shard.status IN ('QUEUED', 'LEASED', 'RUNNING', 'RETRY')
  ) AS flight ON job.status IN ('RUNNING', 'PAUSED')`;

/** @throws ControlPlaneError "not-found" */
export async function readJob(client: Queryable, id: string): Promise<JobView> {
  const { rows } = await client.query<Row>(`${selection} WHERE job.id = $1`, [
    id,
  ]);
  const [row] = rows;
  if (row) return (await viewsOf(client, [row]))[0]!;
  throw unknownJob(id);
}

export const unknownJob = (id: string): ControlPlaneError =>
  new ControlPlaneError(
    "not-found",
    `There is no job ${id}. motif jobs shows what there is.`,
  );

/** @throws ControlPlaneError "not-found" where there is none */
export async function requireJob(
  client: Queryable,
  id: string,
): Promise<{ readonly kind: JobKind; readonly status: JobStatus }> {
  const { rows } = await client.query<{ kind: JobKind; status: JobStatus }>(
    "SELECT kind, status FROM job WHERE id = $1",
    [id],
  );
  const [row] = rows;
  if (row) return row;
  throw unknownJob(id);
}

/** Newest first. @throws ControlPlaneError "not-found" where `before` is no job */
export async function listJobs(
  client: Queryable,
  { status, kind, modelId, limit, before }: JobFilter,
): Promise<readonly JobView[]> {
  if (before !== undefined) await requireJob(client, before);
  const { rows } = await client.query<Row>(
    `${selection}
     WHERE ($1::text IS NULL OR job.status = $1) AND ($2::text IS NULL OR job.kind = $2)
       AND ($3::uuid IS NULL OR (job.created_at, job.id) < (SELECT created_at, id FROM job WHERE id = $3))
       AND ($5::uuid IS NULL OR job.model_id = $5)
     ORDER BY job.created_at DESC, job.id DESC
     LIMIT $4`,
    [status ?? null, kind ?? null, before ?? null, limit, modelId ?? null],
  );
  return viewsOf(client, rows);
}

/** One more statement for all that are under way together. */
async function viewsOf(
  client: Queryable,
  rows: readonly Row[],
): Promise<readonly JobView[]> {
  const recent = await readRecent(
    client,
    rows.filter(isOpen).map(({ id }) => id),
  );
  return rows.map((row) => viewOf(row, recent.get(row.id) ?? []));
}

const isOpen = ({ status }: Row): boolean =>
  status === "RUNNING" || status === "PAUSED";

function viewOf(row: Row, recent: RecentShards): JobView {
  const ended = row.succeeded_count + row.dead_count + row.cancelled_count;
  const running = row.running ?? 0;
  const total = row.shard_count + row.further_count;
  const done = total === 0 ? 1 : (ended + (row.partly ?? 0)) / total;
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    status: row.status,
    weight: row.weight,
    model: row.model,
    modelId: row.model_id,
    dataset: row.dataset,
    datasetId: row.dataset_id,
    parameters: row.parameters,
    shards: {
      total,
      succeeded: row.succeeded_count,
      dead: row.dead_count,
      cancelled: row.cancelled_count,
      running,
      // What was planned and is never made of a job that has failed or was cancelled waits no longer.
      pending: isOpen(row) ? Math.max(0, total - ended - running) : 0,
    },
    done: Math.min(1, done),
    ...(isOpen(row)
      ? rateOf(recent, {
          left: row.status === "RUNNING" ? total * (1 - done) : null,
          ageSeconds: row.age_seconds,
        })
      : { ratePerMinute: null, secondsLeft: null, recent: [] }),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
