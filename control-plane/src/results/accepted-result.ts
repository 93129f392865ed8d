/** A result whose lease counts. */
import type { ShardResult } from "../shards/shard-result.ts";

export interface AcceptedResult<Result extends ShardResult = ShardResult> {
  readonly shardId: string;
  readonly jobId: string;
  readonly leaseId: string;
  readonly nodeId: string;
  readonly result: Result;
}
