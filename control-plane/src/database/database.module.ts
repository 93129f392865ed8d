/** The database for all modules: brought to this version's schema before anybody gets it, closed after everybody let go. */
import {
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
} from "@nestjs/common";
import type { PgBoss } from "pg-boss";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { DATABASE, newDatabase, type Database } from "./database.ts";
import { LISTENER, ReconnectingListener } from "./listener.ts";
import { migrateDatabase } from "./migrate-database.ts";
import { newPool } from "./pool.ts";
import { newPrisma, PRISMA, type PrismaClient } from "./prisma.ts";
import { QUEUE, startQueue, stopQueue } from "./queue.ts";

const log = new Logger("Database");

@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      inject: [CONFIGURATION],
      useFactory: openDatabase,
    },
    {
      provide: PRISMA,
      inject: [DATABASE],
      useFactory: ({ pool }: Database) => newPrisma(pool),
    },
    {
      provide: QUEUE,
      inject: [DATABASE],
      useFactory: ({ pool }: Database) =>
        startQueue(pool, (message) => log.warn(`Queue: ${message}`)),
    },
    {
      provide: LISTENER,
      // After the database, so that an unreachable one is told once, by whom it stops.
      inject: [CONFIGURATION, DATABASE],
      useFactory: (configuration: Configuration) =>
        new ReconnectingListener(
          configuration.databaseUrl,
          connectionName(configuration),
          (message) => log.warn(message),
        ),
    },
  ],
  exports: [DATABASE, PRISMA, QUEUE, LISTENER],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PRISMA) private readonly prisma: PrismaClient,
    @Inject(QUEUE) private readonly queue: PgBoss,
    @Inject(LISTENER) private readonly listener: ReconnectingListener,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await stopQueue(this.queue);
    await this.listener.close();
    await this.prisma.$disconnect();
    await this.database.pool.end();
  }
}

async function openDatabase(configuration: Configuration): Promise<Database> {
  const { databaseUrl } = configuration;
  const name = connectionName(configuration);
  for (const migration of await migrateDatabase(databaseUrl, name))
    log.log(`Migration ${migration} applied`);
  return newDatabase(newPool(databaseUrl, name));
}

function connectionName({ replicaId }: Configuration): string {
  return `motif ${replicaId.slice(0, 8)}`;
}
