/** The face of the shards: what a cluster, and whatever else hands out work, knows of them. */
export type {
  AuditFile,
  AuditWork,
  CheckModelWork,
  CompareAuditsWork,
  DatasetFiles,
  EvaluateWork,
  InspectDatasetWork,
  ModelFiles,
  NoopWork,
  RoundWork,
  SearchIdentity,
  SearchWork,
  ShardWork,
  TrainWork,
} from "./shard-work.ts";
export type {
  AuditOutcome,
  AuditSummary,
  CheckModelOutcome,
  CompareAuditsOutcome,
  EvaluateOutcome,
  InspectDatasetOutcome,
  NoopOutcome,
  PatternOutcome,
  SearchOutcome,
  ShardOutcome,
  TrainOutcome,
  TrainRoundOutcome,
} from "./shard-outcome.ts";
export type { ShardContext } from "./shard-context.ts";
export type { EpochSummary, TrainingStanding } from "../training/train.ts";
export { auditMethods } from "../report/audit.ts";
export { parseRecipe } from "../training/recipe-schema.ts";
export { thinEpochs } from "./thin-epochs.ts";
export { newShardRunner, type ShardRunner } from "./shard-runner.ts";
