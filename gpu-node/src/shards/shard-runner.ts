/** Runs shards in this process, one or several at a time, and keeps what they opened for the next that want the same. */
import { outlineDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { checkModel, refuseModel } from "./model-check.ts";
import { keyOfSearch, openSearch, type OpenedSearch } from "./open-search.ts";
import { newOpenedCache } from "./opened-cache.ts";
import { runSearchShard } from "./run-search.ts";
import type { ShardContext, ShardRunner } from "./shard-context.ts";
import type { InspectDatasetOutcome, SearchOutcome } from "./shard-outcome.ts";
import type {
  CheckModelWork,
  InspectDatasetWork,
  SearchWork,
} from "./shard-work.ts";
import { waitOut } from "./wait-out.ts";

/** Opened searches that are kept while nobody has them: several jobs take turns. */
const mostIdle = 4;

/**
 * @param options.cacheDirectory where decoded data sets are kept between shards and processes
 * @param options.openBackend for work that asks for another backend than the node's own; opened once each
 */
export function newShardRunner(options: {
  readonly cacheDirectory?: string;
  openBackend(name: string): Promise<Backend>;
}): ShardRunner {
  const { cacheDirectory } = options;
  const cache = newOpenedCache<OpenedSearch>(mostIdle);
  const backends = new Map<string, Promise<Backend>>();
  const backendOf = (name: string, own: Backend): Promise<Backend> => {
    if (name === "auto" || name === own.name) return Promise.resolve(own);
    if (name === `${own.name}:${own.provider}`) return Promise.resolve(own);
    const opened = backends.get(name) ?? options.openBackend(name);
    backends.set(name, opened);
    opened.catch(() => backends.delete(name));
    return opened;
  };

  const search = async (
    work: SearchWork,
    context: ShardContext,
  ): Promise<SearchOutcome> => {
    const backend = await backendOf(work.backend, context.backend);
    const key = await keyOfSearch(work, backend);
    const began = context.now();
    const { value, isNew } = await cache.borrow(key, () =>
      openSearch(work, backend, { signal: context.signal, cacheDirectory }),
    );
    const compileMs = isNew ? context.now() - began : 0;
    let isSound = false;
    try {
      const run = await runSearchShard(work, value, context);
      isSound = true;
      const { name, provider, threads } = backend;
      return {
        kind: "search",
        ...run,
        compileMs,
        backend: { name, provider, threads },
      };
    } catch (error) {
      // What was stopped between two steps can be used again; what failed is opened anew.
      isSound = context.signal.aborted && !(error instanceof MotifError);
      throw error;
    } finally {
      await cache.giveBack(key, value, isSound);
    }
  };

  const check = async (work: CheckModelWork, context: ShardContext) => {
    const backend = await backendOf(work.backend, context.backend);
    try {
      return await checkModel(work, backend, context, cacheDirectory);
    } catch (error) {
      return refuseModel(work.model.name, reasonOfRefusal(error));
    }
  };

  return {
    async run(work, context) {
      context.signal.throwIfAborted();
      switch (work.kind) {
        case "search":
          return search(work, context);
        case "check-model":
          return check(work, context);
        case "inspect-dataset":
          return inspect(work, context);
        case "noop":
          await waitOut(work.waitMs, context.signal);
          return { kind: "noop" };
      }
    },
    close: () => cache.close(),
  };
}

async function inspect(
  { dataset }: InspectDatasetWork,
  { signal, onProgress }: ShardContext,
): Promise<InspectDatasetOutcome> {
  const kind = "inspect-dataset";
  try {
    const outline = await outlineDataset(dataset.path, {
      signal,
      ...(dataset.split !== null && { split: dataset.split }),
      onProgress: (done, total) => onProgress(total ? done / total : 0),
    });
    return { kind, refusal: null, ...outline };
  } catch (error) {
    return {
      ...{ kind, refusal: reasonOfRefusal(error), format: "", digest: "" },
      ...{ images: 0, classNames: [], splits: [] },
    };
  }
}

/** @throws the error itself where the input is not at fault */
function reasonOfRefusal(error: unknown): string {
  const isRefusal =
    error instanceof MotifError &&
    error.code !== "backend" &&
    error.code !== "storage";
  if (!isRefusal) throw error;
  return error.message;
}
