/** What events say of a job, its shards and its patterns, written into what is known of them. Pure: what is unchanged stays the same object. */
import type { Job, JobStatus, Shard } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";

export interface PatternItem {
  readonly id?: string;
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  readonly kStar: number | null;
}

interface ShardItem {
  readonly index: number;
  readonly status: Shard["status"];
  readonly nodeId?: string | null;
}

const number = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;

export function updateJob<J extends Job>(
  job: J,
  events: readonly StreamEvent[],
): J {
  return events.reduce(updateOneJob<J>, job);
}

function updateOneJob<J extends Job>(job: J, { type, body }: StreamEvent): J {
  switch (type) {
    case "progress": {
      const { cancelled } = job.shards;
      const total = number(body.total, job.shards.total);
      const succeeded = number(body.succeeded, job.shards.succeeded);
      const dead = number(body.dead, job.shards.dead);
      const running = number(body.running, job.shards.running);
      const pending = Math.max(
        0,
        total - succeeded - dead - cancelled - running,
      );
      return {
        ...job,
        shards: { total, succeeded, dead, cancelled, running, pending },
        done: number(body.done, job.done),
      };
    }
    case "job-status":
      return { ...job, status: body.status as JobStatus };
    case "job-changed":
      return {
        ...job,
        ...(typeof body.name === "string" && { name: body.name }),
        ...(typeof body.weight === "number" && { weight: body.weight }),
      };
    default:
      return job;
  }
}

/** @param shards in order of their index */
export function updateShards<S extends Shard>(
  shards: readonly S[],
  events: readonly StreamEvent[],
): readonly S[] {
  const changes = new Map<number, Partial<Shard>>();
  let byId: Map<string, number> | undefined;
  for (const { type, body, at } of events) {
    if (type === "shard-status") {
      for (const item of itemsOf<ShardItem>(body))
        changes.set(item.index, {
          ...changes.get(item.index),
          ...ofStatus(item.status),
          nodeId: item.nodeId ?? null,
          nodeName: null,
          updatedAt: at,
        });
      continue;
    }
    const status = statusAfter[type];
    if (status === undefined) continue;
    byId ??= new Map(shards.map(({ id, index }) => [id, index]));
    const index = byId.get(String(body.shardId));
    if (index === undefined) continue;
    const problem = body.problem ?? body.reason;
    changes.set(index, {
      ...changes.get(index),
      ...ofStatus(status),
      nodeId: null,
      nodeName: null,
      updatedAt: at,
      ...(typeof problem === "string" && { problem }),
    });
  }
  if (changes.size === 0) return shards;
  return shards.map((shard) => {
    const change = changes.get(shard.index);
    return change ? { ...shard, ...change } : shard;
  });
}

const statusAfter: Readonly<Record<string, Shard["status"] | undefined>> = {
  "shard-retry": "RETRY",
  "lease-expired": "RETRY",
  "shard-yield": "PENDING",
  "shard-dead": "DEAD",
};

const ofStatus = (status: Shard["status"]): Partial<Shard> =>
  status === "SUCCEEDED" ? { status, done: 1, problem: null } : { status };

export const itemsOf = <T>(body: StreamEvent["body"]): readonly T[] =>
  Array.isArray(body.items) ? (body.items as readonly T[]) : [];

/** @param running what is on nodes now, with how far it is; shards that are told as elsewhere keep their state */
export function updateRunning<S extends Shard>(
  shards: readonly S[],
  running: readonly S[],
): readonly S[] {
  const byIndex = new Map(running.map((shard) => [shard.index, shard]));
  return shards.map((shard) => byIndex.get(shard.index) ?? shard);
}
