/**
 * Runs shards in this process, and keeps what they opened for the next one: the second shard of a job begins in milliseconds.
 *
 * Shards at the same time share classifiers, data sets and predictions of clean images, which nothing changes; executables are
 * each shard's own while it runs (an executable does one run at a time), and accelerators do one run at a time (take-turns.ts).
 */
import type { Backend } from "../engine/index.ts";
import { inspectModel } from "./inspect-model.ts";
import { inspectDataset } from "./inspect-dataset.ts";
import { newNodeBackends } from "./node-backends.ts";
import { newOpenInputs } from "./open-inputs.ts";
import { newOpenedCache } from "./opened-cache.ts";
import { runAuditShard } from "./run-audit-shard.ts";
import { runCompareAuditsShard } from "./run-compare-audits-shard.ts";
import { runEvaluateShard } from "./run-evaluate-shard.ts";
import { runNoop } from "./run-noop.ts";
import { runSearchShard, type SearchResources } from "./run-search-shard.ts";
import { runTrainShard } from "./run-train-shard.ts";
import type { ShardContext } from "./shard-context.ts";
import type { ShardOutcome } from "./shard-outcome.ts";
import type { ShardWork } from "./shard-work.ts";

export interface ShardRunner {
  /**
   * Any number at once.
   * @throws MotifError with the codes model, dataset, usage, graph and diverged for faults of the input, backend and storage
   * for faults of this node; the signal's reason when it is aborted
   */
  run(work: ShardWork, context: ShardContext): Promise<ShardOutcome>;
  /** Frees what is kept, at once or with the end of the shards that use it. */
  close(): Promise<void>;
}

/** Compiled graphs that are kept when no shard uses them: a large model's take a gigabyte. */
const mostCompiled = 4;
const mostEvaluations = 16;

/**
 * @param options.cacheDirectory where decoded data sets are kept
 * @param options.openBackend by name, as on the command line
 * @param options.mostCompiled compiled graphs that are kept when no shard uses them
 */
export function newShardRunner(options: {
  readonly cacheDirectory?: string;
  openBackend(name: string): Promise<Backend>;
  readonly mostCompiled?: number;
}): ShardRunner {
  const { cacheDirectory } = options;
  const inputs = newOpenInputs(cacheDirectory);
  const backends = newNodeBackends((name) => options.openBackend(name));
  const resources: SearchResources = {
    inputs,
    compiled: newOpenedCache({
      mostIdle: options.mostCompiled ?? mostCompiled,
      isShared: false,
    }),
    evaluations: newOpenedCache({ mostIdle: mostEvaluations, isShared: true }),
  };
  return {
    async run(work, context) {
      const { signal } = context;
      signal.throwIfAborted();
      switch (work.kind) {
        case "noop":
          return runNoop(work, signal);
        case "compare-audits":
          return runCompareAuditsShard(work, context);
        case "inspect-dataset":
          return inspectDataset(work, context, cacheDirectory);
        case "check-model": {
          const backend = await backends.find(work.backend, context.backend);
          return inspectModel(work, context, backend, inputs);
        }
        case "train": {
          const backend = await backends.find(work.backend, context.backend);
          return runTrainShard(work, context, backend, cacheDirectory);
        }
        case "evaluate": {
          const backend = await backends.find(work.backend, context.backend);
          return runEvaluateShard(work, context, backend, inputs);
        }
        case "audit": {
          const backend = await backends.find(work.backend, context.backend);
          return runAuditShard(work, context, backend, inputs);
        }
        case "search": {
          const backend = await backends.find(work.backend, context.backend);
          return runSearchShard(work, context, backend, resources);
        }
      }
    },
    async close() {
      await resources.compiled.close();
      await resources.evaluations.close();
      await inputs.close();
    },
  };
}
