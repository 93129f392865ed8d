import "reflect-metadata";
import {
  Module,
  type DynamicModule,
  type INestApplicationContext,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { PgBoss } from "pg-boss";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  newDataDirectory,
  removeDataDirectory,
} from "../../../test/harness/own-postgres.ts";
import { ConfigurationModule } from "../configuration/configuration.module.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { DATABASE, type Database } from "./database.ts";
import { DatabaseModule } from "./database.module.ts";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "./embedded-postgres.ts";
import { LISTENER, type Listener } from "./listener.ts";
import { PRISMA, type PrismaClient } from "./prisma.ts";
import { QUEUE, shardQueue } from "./queue.ts";

@Module({})
class TestModule {
  static on(databaseUrl: string): DynamicModule {
    const configuration: Configuration = {
      replicaId: "00000000-0000-4000-8000-000000000001",
      dataDirectory,
      databaseUrl,
      host: "127.0.0.1",
      port: 0,
      grpcHost: "127.0.0.1",
      grpcPort: 0,
      publicNames: [],
      largestArtifactBytes: 1,
      logLevel: "silent",
    };
    return {
      module: TestModule,
      imports: [ConfigurationModule.with(configuration), DatabaseModule],
    };
  }
}

let dataDirectory: string;
let postgres: EmbeddedPostgres;
const contexts: INestApplicationContext[] = [];

beforeEach(async () => {
  dataDirectory = await newDataDirectory();
  postgres = await openEmbeddedPostgres({ dataDirectory });
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await postgres.close();
  await removeDataDirectory(dataDirectory);
});

async function start(
  databaseUrl = postgres.url,
): Promise<INestApplicationContext> {
  const context = await NestFactory.createApplicationContext(
    TestModule.on(databaseUrl),
    { logger: false, abortOnError: false },
  );
  contexts.push(context);
  return context;
}

test("two replicas start at once on an empty database", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const sent = await one
    .get<PgBoss>(QUEUE)
    .send(shardQueue, { shard: "a" }, { priority: 1 });
  const [job] = await other
    .get<PgBoss>(QUEUE)
    .fetch(shardQueue, { includeMetadata: true });
  expect(job).toMatchObject({
    id: sent,
    data: { shard: "a" },
    retryCount: 0,
    retryLimit: 5,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 86_400,
  });
});

test("a transaction and Prisma see the same database; what throws is taken back", async () => {
  const context = await start();
  const database = context.get<Database>(DATABASE);
  const prisma = context.get<PrismaClient>(PRISMA);
  const sha256 = "0".repeat(64);
  const insert = `INSERT INTO artifact (sha256, bytes, media_type) VALUES ($1, 7, 'text/plain')`;
  await expect(
    database.transaction(async (client) => {
      await client.query(insert, [sha256]);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(await prisma.artifact.count()).toBe(0);
  await database.transaction((client) => client.query(insert, [sha256]));
  expect(await prisma.artifact.findMany()).toMatchObject([
    { sha256, bytes: 7n, mediaType: "text/plain" },
  ]);
});

test("a killed PostgreSQL is `unavailable` while it is away; then everything goes on without a restart", async () => {
  const context = await start();
  const database = context.get<Database>(DATABASE);
  const prisma = context.get<PrismaClient>(PRISMA);
  const queue = context.get<PgBoss>(QUEUE);
  const gap = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<string>();
  await context
    .get<Listener>(LISTENER)
    .listen("one", heard.resolve, gap.resolve);
  const under = database.transaction(async (client) => {
    process.kill(postgres.pid(), "SIGKILL");
    await client.query("SELECT pg_sleep(30)");
  });
  await expect(under).rejects.toMatchObject({ code: "unavailable" });
  const away = await Promise.allSettled([
    database.pool.query("SELECT 1"),
    prisma.artifact.count(),
  ]);
  expect(away).toMatchObject([
    { reason: { name: "ControlPlaneError", code: "unavailable" } },
    { reason: { name: "ControlPlaneError", code: "unavailable" } },
  ]);
  await gap.promise;
  await database.pool.query(`SELECT pg_notify('one', 'again')`);
  expect(await heard.promise).toBe("again");
  expect(await prisma.artifact.count()).toBe(0);
  expect(await queue.send(shardQueue, {})).not.toBeNull();
});

test("a database that is not there, or of a newer version, does not let it start", async () => {
  await expect(
    start("postgresql://motif@127.0.0.1:9/motif"),
  ).rejects.toMatchObject({
    code: "unavailable",
  });
  const context = await start();
  await context
    .get<Database>(DATABASE)
    .pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_future', now())`,
    );
  await expect(start()).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("29990101000000_future") as string,
  });
});
