/** Ids of shards: the same job and the same work give the same id, whoever plans it, so that nothing is planned twice. Pure. */
import { createHash } from "node:crypto";
import { v5 } from "uuid";
import type { SearchIdentity, SearchSpec } from "./shard-spec.ts";

/**
 * @param spec the job's, apart from its searches
 * @returns gives shards their ids
 */
export function newSearchShardIds(
  jobId: string,
  spec: Omit<SearchSpec, "searches">,
): (searches: readonly SearchIdentity[]) => string {
  const { model, dataset, settings, pack, evaluateImages, threshold, backend } =
    spec;
  const configuration = createHash("sha256")
    .update(
      JSON.stringify([
        dataset.digest,
        Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
        pack,
        evaluateImages,
        threshold,
        backend,
      ]),
    )
    .digest("hex");
  return (searches) =>
    v5(
      [
        model.sha256,
        ...searches.map(
          ({ targetClass, canvasIndex, seed }) =>
            `${targetClass}.${canvasIndex}.${seed}`,
        ),
        configuration,
      ].join(" "),
      jobId,
    );
}

/** For work that the job does once or many times alike: told apart by its place in the job. */
export const indexedShardId = (
  jobId: string,
  kind: string,
  index: number,
): string => v5(`${kind} ${index}`, jobId);
