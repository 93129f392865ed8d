/** Kinds of shards by name. */
import type { ShardSpec } from "./shard-spec.ts";

export const shardKinds = [
  "search",
  "check-model",
  "inspect-dataset",
  "train",
  "evaluate",
  "audit",
  "compare-audits",
  "noop",
] as const satisfies readonly ShardSpec["kind"][];
