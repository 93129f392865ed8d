/** What computed a result, wire to plain. */
import type * as wire from "@motif/proto";
import type { SearchResult } from "../shards/shard-result.ts";
import { readInteger, readPresent, readText } from "./wire-fields.ts";

const longestName = 1_000;

/** @throws FieldViolation */
export function readBackend(
  given: wire.SearchResult_Backend | undefined,
): SearchResult["backend"] {
  const backend = readPresent("backend", given);
  return {
    name: readText("backend.name", backend.name, longestName),
    provider: readText("backend.provider", backend.provider, longestName),
    threads: readInteger("backend.threads", backend.threads),
  };
}
