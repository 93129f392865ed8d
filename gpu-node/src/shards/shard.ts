/** The face of the shards: what a cluster, and whatever else hands out work, knows of them. */
export type {
  CheckModelWork,
  DatasetFiles,
  InspectDatasetWork,
  ModelFiles,
  NoopWork,
  SearchIdentity,
  SearchWork,
  ShardWork,
} from "./shard-work.ts";
export type {
  CheckModelOutcome,
  InspectDatasetOutcome,
  NoopOutcome,
  PatternOutcome,
  SearchOutcome,
  ShardOutcome,
} from "./shard-outcome.ts";
export type { ShardContext } from "./shard-context.ts";
export { newShardRunner, type ShardRunner } from "./shard-runner.ts";
