/** A job, its shards and its patterns, whole, from pages of REST. */
import { api, bodyOf } from "../../api/client.ts";
import type {
  ListedPattern,
  ListedShard,
  LiveJob,
  PatternPage,
} from "./job-types.ts";

// openapi-fetch takes read-only arrays for objects, hence the casts.

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
    const page = (await bodyOf(
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
    )) as unknown as readonly ListedShard[];
    shards.push(...page);
    if (page.length < pageSize || shards.length >= mostShards) return shards;
  }
}

/** @param shard only this one's */
export async function readPatterns(
  id: string,
  shard: number | undefined,
  signal?: AbortSignal,
): Promise<PatternPage> {
  const patterns: ListedPattern[] = [];
  for (;;) {
    const after = patterns.at(-1)?.id;
    const page = (await bodyOf(
      api.GET("/api/jobs/{id}/patterns", {
        params: {
          path: { id },
          query: {
            limit: pageSize,
            ...(shard !== undefined && { shard }),
            ...(after !== undefined && { after }),
          },
        },
        ...(signal && { signal }),
      }),
    )) as unknown as PatternPage;
    patterns.push(...page.patterns);
    if (page.patterns.length < pageSize) return { ...page, patterns };
  }
}
