/** Shard specifications, plain to wire. */
import type * as wire from "@motif/proto";
import type { GrantedLease } from "../leases/lease-operations.ts";
import type {
  AuditSpec,
  DatasetReference,
  EvaluateSpec,
  ModelReference,
  SearchSpec,
  ShardSpec,
  TrainRound,
} from "../shards/shard-spec.ts";

export function toWireLease(lease: GrantedLease): wire.Lease {
  return {
    leaseId: lease.leaseId,
    shardId: lease.shardId,
    jobId: lease.jobId,
    retryCount: lease.retryCount,
    spec: toWireShardSpec(lease.spec),
    checkpointSha256: lease.checkpointSha256 ?? "",
  };
}

export function toWireShardSpec(spec: ShardSpec): wire.ShardSpec {
  switch (spec.kind) {
    case "search":
      return { kind: { $case: "search", value: toWireSearch(spec) } };
    case "check-model":
      return {
        kind: {
          $case: "checkModel",
          value: {
            model: toWireModel(spec.model),
            dataset: toWireDataset(spec.dataset),
            backend: spec.backend,
          },
        },
      };
    case "inspect-dataset":
      return {
        kind: {
          $case: "inspectDataset",
          value: { dataset: toWireDataset(spec.dataset) },
        },
      };
    case "train":
      return {
        kind: {
          $case: "train",
          value: {
            dataset: toWireDataset(spec.dataset),
            testSplit: spec.testSplit,
            recipeJson: JSON.stringify(spec.recipe),
            name: spec.name,
            command: spec.command,
            backend: spec.backend,
            round: spec.round && toWireRound(spec.round),
            start: spec.start && toWireModel(spec.start),
          },
        },
      };
    case "evaluate":
      return { kind: { $case: "evaluate", value: toWireEvaluate(spec) } };
    case "audit":
      return { kind: { $case: "audit", value: toWireAudit(spec) } };
    case "compare-audits":
      return {
        kind: {
          $case: "compareAudits",
          value: {
            audits: spec.audits.map(({ model, sha256 }) => ({ model, sha256 })),
          },
        },
      };
    case "noop":
      return { kind: { $case: "noop", value: { waitMs: spec.waitMs } } };
  }
}

const toWireRound = ({ starts, ...round }: TrainRound): wire.TrainRound => ({
  ...round,
  startSha256: starts,
});

const toWireSearch = (spec: SearchSpec): wire.SearchShard => ({
  model: toWireModel(spec.model),
  dataset: toWireDataset(spec.dataset),
  settings: spec.settings,
  searches: spec.searches,
  pack: spec.pack,
  evaluateImages: spec.evaluateImages,
  threshold: spec.threshold,
  backend: spec.backend,
});

const toWireEvaluate = (spec: EvaluateSpec): wire.EvaluateShard => ({
  model: toWireModel(spec.model),
  dataset: toWireDataset(spec.dataset),
  images: spec.images ?? undefined,
  attack: spec.attack
    ? {
        ...spec.attack,
        epsilon: spec.attack.epsilon,
        stepSize: spec.attack.stepSize,
      }
    : undefined,
  seed: spec.seed,
  batchSize: spec.batchSize ?? undefined,
  backend: spec.backend,
});

const toWireAudit = ({
  kind: _,
  modelId: _modelId,
  model,
  dataset,
  cleanAudits = [],
  ...settings
}: AuditSpec): wire.AuditShard => ({
  ...settings,
  cleanAudits,
  model: toWireModel(model),
  dataset: toWireDataset(dataset),
});

const toWireModel = (model: ModelReference): wire.ModelReference => ({
  sha256: model.sha256,
  manifestJson: JSON.stringify(model.manifest),
  name: model.name,
});

const toWireDataset = (dataset: DatasetReference): wire.DatasetReference => ({
  name: dataset.name,
  split: dataset.split ?? "",
  digest: dataset.digest ?? "",
  path: dataset.path ?? "",
  files: dataset.files,
});
