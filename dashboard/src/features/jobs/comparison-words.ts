/** How far a job's audits are from being compared with each other, in words. Pure. */
import type { Job, Shard } from "../../api/types.ts";
import { shardStatusWords } from "./job-words.ts";

const step = "Comparing the models with each other";

/**
 * @param shards those that are known, in order of their index
 * @returns null where nothing is compared, or all is
 * @example "Comparing the models with each other: on a node."
 */
export function comparisonWords(
  { status, parameters }: Pick<Job, "status" | "parameters">,
  shards: readonly Pick<Shard, "kind" | "status">[],
): string | null {
  if (parameters.isCompared !== true) return null;
  const isOpen = status === "RUNNING" || status === "PAUSED";
  const newest = shards.findLast(({ kind }) => kind === "compare-audits");
  if (newest?.status === "DEAD")
    return `${step} was given up: what stands here is said of each without the others.`;
  if (!isOpen) return null;
  const isAuditing = shards.some(
    ({ kind, status: of }) =>
      kind === "audit" && of !== "SUCCEEDED" && of !== "DEAD",
  );
  if (isAuditing) return `${step} comes once all are audited.`;
  return newest === undefined || newest.status === "SUCCEEDED"
    ? null
    : `${step}: ${shardStatusWords[newest.status]}.`;
}
