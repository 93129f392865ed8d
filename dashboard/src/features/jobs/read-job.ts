/** A job and its shards, whole, from pages of REST. */
import { api, bodyOf } from "../../api/client.ts";
import type { ListedShard, LiveJob } from "./job-types.ts";

/** Most entries that REST gives at once. */
const pageSize = 1_000;
/** More shards than these are not held by a page; the table asks for them by their state. */
export const mostShards = 20_000;

export const readJob = (id: string, signal: AbortSignal): Promise<LiveJob> =>
  bodyOf(api.GET("/api/jobs/{id}", { params: { path: { id } }, signal }));

export async function readShards(
  id: string,
  status: ListedShard["status"] | undefined,
  signal: AbortSignal,
): Promise<readonly ListedShard[]> {
  const shards: ListedShard[] = [];
  for (;;) {
    const after = shards.at(-1)?.index;
    const page: readonly ListedShard[] = await bodyOf(
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
