/** A job and its shards, whole, from pages of REST. */
import { api, bodyOf } from "../../api/client.ts";
import type { Job, Shard } from "../../api/types.ts";

/** Most entries that REST gives at once. */
const pageSize = 1_000;
/** More shards than these are not held by a page; the table asks for them by their state. */
export const mostShards = 20_000;

export const readJob = (id: string, signal: AbortSignal): Promise<Job> =>
  bodyOf(api.GET("/api/jobs/{id}", { params: { path: { id } }, signal }));

export async function readShards(
  id: string,
  status: Shard["status"] | undefined,
  signal: AbortSignal,
): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  for (;;) {
    const after = shards.at(-1)?.index;
    const page: readonly Shard[] = await bodyOf(
      api.GET("/api/jobs/{id}/shards", {
        params: {
          path: { id },
          query: {
            limit: pageSize,
            ...(status !== undefined && { status }),
            ...(after !== undefined && { after }),
          },
        },
        signal,
      }),
    );
    shards.push(...page);
    if (page.length < pageSize || shards.length >= mostShards) return shards;
  }
}
