/** What the command line reads is what REST gives: a field that is renamed or retyped there does not compile here. */
import { describe, expectTypeOf, it } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { TokenFacts } from "../auth/api-tokens.ts";
import type { DatasetView } from "../datasets/read-datasets.ts";
import type { JobView } from "../jobs/job.ts";
import type { ShardView } from "../jobs/list-shards.ts";
import type { ModelCheckView, ModelView } from "../models/read-models.ts";
import type { ListedNode } from "../nodes/list-nodes.ts";
import type { ProgressEvent } from "../progress/read-events.ts";
import type { CheckModelResult } from "../shards/shard-result.ts";
import type {
  ApiAuditEntry,
  ApiDataset,
  ApiEvent,
  ApiJob,
  ApiModel,
  ApiModelCheck,
  ApiModelFacts,
  ApiNode,
  ApiShard,
  ApiToken,
} from "./api-types.ts";

describe("what the command line reads", () => {
  it("is part of what REST gives", () => {
    expectTypeOf<JobView>().toExtend<ApiJob>();
    expectTypeOf<ShardView>().toExtend<ApiShard>();
    expectTypeOf<DatasetView>().toExtend<ApiDataset>();
    expectTypeOf<ModelView>().toExtend<Omit<ApiModel, "checks">>();
    expectTypeOf<ModelCheckView>().toExtend<Omit<ApiModelCheck, "facts">>();
    // Kept as the node gave them: REST says no more of them than that they are there.
    expectTypeOf<CheckModelResult>().toExtend<ApiModelFacts>();
    expectTypeOf<ListedNode>().toExtend<ApiNode>();
    expectTypeOf<TokenFacts>().toExtend<ApiToken>();
    expectTypeOf<ProgressEvent>().toExtend<ApiEvent>();
    expectTypeOf<RecordedChange>().toExtend<ApiAuditEntry>();
  });
});
