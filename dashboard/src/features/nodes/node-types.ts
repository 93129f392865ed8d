/** What REST says of a node. */
import type { GpuNode } from "../../api/types.ts";

export interface NodeLease {
  readonly jobId: string;
  readonly jobName: string;
  readonly shardIndex: number;
  /** 0…1. */
  readonly done: number;
  readonly grantedAt: string;
}

export type ListedNode = GpuNode & {
  readonly memoryBytes?: number | null;
  readonly memoryUsedBytes?: number | null;
  /** Over the last minutes. */
  readonly shardsPerMinute?: number | null;
  readonly leases?: readonly NodeLease[];
};
