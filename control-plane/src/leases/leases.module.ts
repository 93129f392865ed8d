/** The lease operations as a provider, and what has to happen without anybody asking: feeding, expiry, progress. */
import {
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import type { PgBoss } from "pg-boss";
import { ControlPlaneError } from "../control-plane-error.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { LISTENER, type Listener } from "../database/listener.ts";
import { QUEUE } from "../database/queue.ts";
import { LEASE_OPERATIONS, type LeaseOperations } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";
import { tellProgress } from "./progress-pulse.ts";
import { Repeating } from "../background/repeating.ts";

const feedMs = 100;
const expireMs = 500;
const progressMs = 250;

const log = new Logger("Leases");

/** Wakes what the operations make necessary; the operations exist before the module that does it. */
class LeaseWishes {
  feed: () => void = () => {};
  readonly progressed = new Set<string>();
}

@Global()
@Module({
  providers: [
    LeaseWishes,
    {
      provide: LEASE_OPERATIONS,
      inject: [DATABASE, QUEUE, LeaseWishes],
      useFactory: (database: Database, queue: PgBoss, wishes: LeaseWishes) =>
        newLeaseOperations(database, queue, {
          onGranted: () => wishes.feed(),
          onProgress: (jobIds) => {
            for (const jobId of jobIds) wishes.progressed.add(jobId);
          },
        }),
    },
  ],
  exports: [LEASE_OPERATIONS],
})
export class LeasesModule
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #feeding: Repeating;
  readonly #expiring: Repeating;
  readonly #telling: Repeating;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(LEASE_OPERATIONS) operations: LeaseOperations,
    @Inject(LeaseWishes) private readonly wishes: LeaseWishes,
    @Inject(LISTENER) private readonly listener: Listener,
  ) {
    this.#feeding = new Repeating(
      async () => void (await operations.feedShards()),
      { everyMs: feedMs, rest: 2, onTrouble: trouble("Feeding the queue") },
    );
    this.#expiring = new Repeating(
      async () => {
        const expired = await operations.expireLeases();
        if (expired > 0) log.warn(`${expired} leases expired`);
      },
      { everyMs: expireMs, onTrouble: trouble("Expiring leases") },
    );
    this.#telling = new Repeating(
      async () => {
        const jobIds = [...this.wishes.progressed];
        this.wishes.progressed.clear();
        if (jobIds.length > 0) await tellProgress(database, jobIds);
      },
      { everyMs: progressMs, onTrouble: trouble("Telling progress") },
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    this.wishes.feed = () => this.#feeding.wake();
    // A job that was submitted or resumed need not wait for the next round.
    await this.listener.listen("motif_events", () => this.#feeding.wake());
    for (const work of [this.#feeding, this.#expiring, this.#telling])
      work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(
      [this.#feeding, this.#expiring, this.#telling].map((work) => work.stop()),
    );
  }
}

/** Tells a trouble once until it changes: a database that is away for a minute is one line. */
function trouble(what: string): (error: unknown) => void {
  let last = "";
  return (error) => {
    const message =
      error instanceof ControlPlaneError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    if (message !== last) log.error(`${what} failed: ${message}`);
    last = message;
  };
}
