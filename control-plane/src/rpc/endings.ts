/**
 * Failures and yields of all nodes of a replica, written together. They are not answered: one that is lost with this process is
 * made good by the lease's expiry.
 */
import type {
  LeaseFailure,
  LeaseOperations,
  LeaseYield,
} from "../leases/lease-operations.ts";
import { Batch } from "./batch.ts";
import type { Connections } from "./connections.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import { retryWhileAway } from "./retry-while-away.ts";
import { writeInHalves } from "./write-in-halves.ts";

const gatherMs = 10;
const mostTogether = 200;

interface Arrived<Ending> {
  readonly connection: NodeConnection;
  readonly ending: Ending;
}

export class Endings {
  readonly #connections: Connections;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #failures: Batch<Arrived<LeaseFailure>>;
  readonly #yields: Batch<Arrived<LeaseYield>>;

  /** @param signal ends the waiting for a database that is away */
  constructor(
    leases: Pick<LeaseOperations, "failShards" | "yieldShards">,
    connections: Connections,
    log: Log,
    signal: AbortSignal,
  ) {
    this.#connections = connections;
    this.#log = log;
    this.#signal = signal;
    this.#failures = this.#newBatch((failures) => leases.failShards(failures));
    this.#yields = this.#newBatch((yields) => leases.yieldShards(yields));
  }

  async addFailure(
    connection: NodeConnection,
    failure: Omit<LeaseFailure, "nodeId">,
  ): Promise<void> {
    const { fault, message } = failure;
    this.#log.warn(
      { ...connection.fieldsOf(failure.leaseId), fault, problem: message },
      "shard failed",
    );
    await connection.unwritten.take(connection.signal);
    const ending = { ...failure, nodeId: connection.nodeId };
    this.#failures.add({ connection, ending });
  }

  async addYield(
    connection: NodeConnection,
    given: Omit<LeaseYield, "nodeId">,
  ): Promise<void> {
    this.#log.log(connection.fieldsOf(given.leaseId), "shard yielded");
    await connection.unwritten.take(connection.signal);
    const ending = { ...given, nodeId: connection.nodeId };
    this.#yields.add({ connection, ending });
  }

  async settle(): Promise<void> {
    await Promise.all([this.#failures.settle(), this.#yields.settle()]);
  }

  #newBatch<Ending extends { readonly leaseId: string }>(
    write: (endings: readonly Ending[]) => Promise<void>,
  ): Batch<Arrived<Ending>> {
    return new Batch({
      most: mostTogether,
      waitMs: gatherMs,
      flush: async (arrived) => {
        await writeInHalves(
          arrived,
          (some) =>
            retryWhileAway(
              () => write(some.map(({ ending }) => ending)),
              this.#signal,
            ),
          async ({ connection, ending }, error) =>
            this.#log.error(
              { ...connection.fieldsOf(ending.leaseId), err: error },
              "how a lease ended could not be written; it expires",
            ),
        ).catch((error: unknown) =>
          this.#log.warn(
            { err: error, leases: arrived.length },
            "how leases ended could not be written; they expire",
          ),
        );
        for (const { connection, ending } of arrived) {
          this.#connections.dropLease(ending.leaseId);
          connection.unwritten.give();
        }
      },
    });
  }
}
