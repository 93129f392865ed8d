/** What a search would cost, before anybody asks for it: planned as it would be, and not written. */
import type { Database } from "../database/database.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { planSearch, type SearchRequest } from "./submit-search.ts";

export interface SearchEstimate {
  readonly searches: number;
  readonly shards: number;
  /** Of one search. */
  readonly steps: number;
  readonly imageGradients: number;
  /** Null where no compute node is online. */
  readonly seconds: number | null;
  /** What the time is based on, for people. */
  readonly basis: string;
  /** Classes that get fewer canvases than were asked for. */
  readonly classesShortOfCanvases: number;
}

/** @throws what `planSearch` throws */
export async function estimateSearch(
  database: Database,
  store: ArtifactStore,
  request: SearchRequest,
): Promise<SearchEstimate> {
  const { plan, parameters } = await planSearch(database.pool, store, request);
  const { settings, searches, classesShortOfCanvases } = parameters;
  const { rows } = await database.pool.query<{ nodes: number }>(
    `SELECT count(*)::int AS nodes FROM gpu_node WHERE status = 'ONLINE'`,
  );
  const nodes = rows[0]?.nodes ?? 0;
  return {
    searches,
    shards: plan.shards.length,
    steps: settings.steps,
    imageGradients: searches * settings.steps * settings.batchSize,
    // A node that has nothing to do shortens nothing.
    seconds:
      nodes === 0
        ? null
        : (searches * plan.secondsPerSearch) /
          Math.min(nodes, plan.shards.length),
    basis:
      nodes === 0
        ? "No compute node is online: the job waits until one is."
        : `From the speed measured when the model was checked, on ${nodes === 1 ? "one node" : `${nodes} nodes`} with nothing else to do.`,
    classesShortOfCanvases,
  };
}
