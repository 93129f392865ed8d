/** How a job ended, for those who waited for it. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob, ApiShard } from "./api-types.ts";
import { shortId } from "./table.ts";

/** Searches and audits leave something that can be exported. */
const whatIsThere = ({ id, kind }: ApiJob): string =>
  kind === "search" || kind === "audit"
    ? `\`motif export ${shortId(id)} --out DIR\` writes what was done.`
    : `\`motif jobs ${shortId(id)}\` shows it.`;

/** @throws ControlPlaneError "conflict" saying why a job did not succeed */
export async function requireSucceeded(
  client: ApiClient,
  job: ApiJob,
): Promise<void> {
  const id = shortId(job.id);
  if (job.status === "CANCELLED")
    throw new ControlPlaneError(
      "conflict",
      `job ${id} was cancelled; ${whatIsThere(job)}`,
    );
  if (job.status !== "FAILED") return;
  const shards = await client.get<readonly ApiShard[]>(
    `/api/jobs/${job.id}/shards?status=DEAD&limit=1`,
  );
  throw new ControlPlaneError(
    "conflict",
    `job ${id}: ${job.shards.dead} of ${job.shards.total} shards could not be done (${shards[0]?.problem ?? "no reason was kept"}). ${whatIsThere(job)}`,
  );
}

/**
 * What to tell a person who stopped watching.
 * @param isBefore whether another job is submitted once this one is done
 */
export function describeLeaving(
  job: ApiJob | undefined,
  isBefore = false,
): string {
  if (!job) return "Stopped before a job was submitted.";
  const id = shortId(job.id);
  const next = isBefore
    ? " What was asked for is not submitted yet: the same command does that once the job is done."
    : "";
  return `Stopped watching; the job goes on. \`motif jobs ${id} --watch\` watches it again, \`motif cancel ${id}\` ends it.${next}`;
}
