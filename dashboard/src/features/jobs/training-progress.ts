/** How trainings under way stand, by node, and how long they still take. Pure. */
import type { Job, Shard, TrainedModel } from "../../api/types.ts";

type Standing = NonNullable<TrainedModel["standing"]>;

export interface RunningTraining {
  readonly shardIndex: number;
  readonly name: string;
  readonly standing: Standing;
}

export interface TrainingNode {
  readonly name: string;
  /** Of all its trainings together; null while none of them has said. */
  readonly imagesPerSecond: number | null;
  readonly trainings: readonly RunningTraining[];
}

const isOnNode = ({ status }: TrainedModel): boolean =>
  status === "LEASED" || status === "RUNNING";

export const isTrained = ({ cleanAccuracy }: TrainedModel): boolean =>
  cleanAccuracy !== null;

/** Of one that is spread over workers no shard says how far it is. */
export const isOneShard = ({ spread }: TrainedModel): boolean =>
  spread === null;

/** In the order of their names. */
export function trainingNodes(
  models: readonly TrainedModel[],
): readonly TrainingNode[] {
  const running = models.flatMap((model): RunningTraining[] => {
    const { shardIndex, name, standing } = model;
    return isOnNode(model) && standing ? [{ shardIndex, name, standing }] : [];
  });
  const byNode = Map.groupBy(
    running,
    ({ standing }) => standing.nodeName ?? "a node that is gone",
  );
  return [...byNode]
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(([name, trainings]) => ({
      name,
      imagesPerSecond: sumOf(
        trainings.map(({ standing }) => standing.imagesPerSecond),
      ),
      trainings,
    }));
}

const sumOf = (values: readonly (number | null)[]): number | null =>
  values.reduce(
    (sum, value) => (value === null ? sum : (sum ?? 0) + value),
    null,
  );

/** Of a training of which all that is left is on nodes: as long as the slowest; else by what was done before. */
export function secondsLeftOf(
  job: Job,
  models: readonly TrainedModel[],
): number | null {
  const { succeeded, dead, cancelled, total, pending } = job.shards;
  const left = models.filter(isOnNode);
  if (pending > 0 || left.length !== total - succeeded - dead - cancelled)
    return job.secondsLeft;
  const seconds = left.map(({ standing }) => standing?.secondsLeft ?? null);
  return seconds.some((each) => each === null) || seconds.length === 0
    ? job.secondsLeft
    : Math.max(...(seconds as number[]));
}

/**
 * What is known, with what a look at the trainings on nodes has found since.
 * @param running all that are on nodes, as they were asked for
 */
export function updateRunningModels(
  known: readonly TrainedModel[],
  running: readonly TrainedModel[],
): readonly TrainedModel[] {
  const found = new Map(running.map((model) => [model.shardIndex, model]));
  return known.map((model) => {
    // What is trained stays so, however late the answer comes.
    if (isTrained(model)) return model;
    const now = found.get(model.shardIndex);
    return now ?? (model.standing ? { ...model, standing: null } : model);
  });
}

/** The same of the shards that train them; one that an event has told the end of stays ended. */
export function updateRunningShards(
  known: readonly Shard[],
  running: readonly TrainedModel[],
): readonly Shard[] {
  const found = new Map(
    running.filter(isOneShard).map((model) => [model.shardIndex, model]),
  );
  return known.map((shard) => {
    const now = found.get(shard.index);
    return now && goesOn.has(shard.status)
      ? { ...shard, status: now.status, done: now.done }
      : shard;
  });
}

const goesOn: ReadonlySet<Shard["status"]> = new Set([
  ...(["PENDING", "QUEUED", "LEASED", "RUNNING"] as const),
]);
