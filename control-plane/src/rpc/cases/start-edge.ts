/** The nodes' edge as it runs, on a database of its own, for the tests beside. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@nestjs/common";
import { newTestDatabase } from "../../../../test/harness/postgres.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { newDatabase, type Database } from "../../database/database.ts";
import { ReconnectingListener } from "../../database/listener.ts";
import { newPool } from "../../database/pool.ts";
import { startQueue, stopQueue } from "../../database/queue.ts";
import type { LeaseOperations } from "../../leases/lease-operations.ts";
import { newLeaseOperations } from "../../leases/new-lease-operations.ts";
import { NodeRegistry } from "../../nodes/node-registry.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { FolderStore } from "../../storage/folder-store.ts";
import { RpcEdge } from "../rpc-edge.ts";

export interface Edge {
  readonly database: Database;
  readonly leases: LeaseOperations;
  readonly store: ArtifactStore;
  readonly dataDirectory: string;
  readonly address: string;
  /** Another replica on the same database and data folder. */
  replica(): Promise<Replica>;
  close(): Promise<void>;
}

export interface Replica {
  readonly address: string;
  readonly replicaId: string;
  close(): Promise<void>;
}

/** @param changed of the configuration, and of lease operations where a test wants to see or hinder them */
export async function startEdge(
  changed: Partial<Configuration> = {},
  wrap: (leases: LeaseOperations) => LeaseOperations = (leases) => leases,
): Promise<Edge> {
  Logger.overrideLogger(false);
  const testDatabase = await newTestDatabase();
  const dataDirectory = await mkdtemp(join(tmpdir(), "motif-rpc-"));
  const pool = newPool(testDatabase.url, "test");
  const database = newDatabase(pool);
  const queue = await startQueue(pool, () => {});
  const leases = newLeaseOperations(database, queue);
  const store = new FolderStore({
    dataDirectory,
    database,
    largestArtifactBytes: 64 * 2 ** 20,
    now: Date.now,
  });
  const replicas: Replica[] = [];
  const startReplica = async (): Promise<Replica> => {
    const replicaId = randomUUID();
    const listener = new ReconnectingListener(
      testDatabase.url,
      "test",
      () => {},
    );
    const edge = new RpcEdge(
      {
        replicaId,
        dataDirectory,
        databaseUrl: testDatabase.url,
        host: "127.0.0.1",
        port: 0,
        grpcHost: "127.0.0.1",
        grpcPort: 0,
        publicNames: [],
        largestArtifactBytes: 64 * 2 ** 20,
        logLevel: "silent",
        ...changed,
      },
      database,
      listener,
      wrap(leases),
      new NodeRegistry(database, replicaId),
      store,
    );
    await edge.onApplicationBootstrap();
    let closing: Promise<void> | undefined;
    const replica = {
      replicaId,
      address: `127.0.0.1:${edge.port}`,
      close: () =>
        (closing ??= edge
          .beforeApplicationShutdown()
          .then(() => listener.close())),
    };
    replicas.push(replica);
    return replica;
  };
  const first = await startReplica();
  return {
    database,
    leases,
    store,
    dataDirectory,
    address: first.address,
    replica: startReplica,
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      await stopQueue(queue);
      await pool.end();
      await testDatabase.close();
      await rm(dataDirectory, { recursive: true });
    },
  };
}

/** A job of shards that do nothing, and the queue filled with them. @returns the job's id */
export async function submitNoops(
  { database, leases }: Edge,
  shards: number,
): Promise<string> {
  const jobId = randomUUID();
  await database.transaction(async (client) => {
    await client.query(
      `INSERT INTO "job" ("id", "kind", "name", "parameters", "shard_count", "created_by")
       VALUES ($1, 'noop', 'noop', '{}', $2, 'test')`,
      [jobId, shards],
    );
    await client.query(
      `INSERT INTO "shard" ("id", "job_id", "index", "spec")
       SELECT gen_random_uuid(), $1, "index", '{"kind":"noop","waitMs":0}' FROM generate_series(0, $2 - 1) AS "index"`,
      [jobId, shards],
    );
    await client.query(`INSERT INTO "event_stream" ("name") VALUES ($1)`, [
      jobId,
    ]);
  });
  await leases.feedShards();
  return jobId;
}
