/**
 * Leases that nodes have accepted, written a moment later and of all nodes together. A shard that is done by then needs no row that says
 * it is running: its result says more.
 */
import type { LeaseOperations } from "../leases/lease-operations.ts";
import { leaseTiming } from "../leases/lease-operations.ts";
import { Batch } from "./batch.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import { isAway, retryWhileAway } from "./retry-while-away.ts";

const gatherMs = 150;
const mostTogether = 2_000;

interface Acceptance {
  readonly connection: NodeConnection;
  readonly leaseId: string;
}

export class Acceptances {
  readonly #leases: Pick<LeaseOperations, "acceptLeases">;
  readonly #log: Log;
  readonly #batch: Batch<Acceptance>;

  constructor(leases: Pick<LeaseOperations, "acceptLeases">, log: Log) {
    this.#leases = leases;
    this.#log = log;
    this.#batch = new Batch({
      most: mostTogether,
      waitMs: gatherMs,
      flush: (acceptances) => this.#write(acceptances),
    });
  }

  add(connection: NodeConnection, leaseIds: readonly string[]): void {
    for (const leaseId of leaseIds) this.#batch.add({ connection, leaseId });
  }

  settle(): Promise<void> {
    return this.#batch.settle();
  }

  async #write(acceptances: readonly Acceptance[]): Promise<void> {
    const open = acceptances.filter(({ connection, leaseId }) =>
      connection.leases.has(leaseId),
    );
    const byNode = Map.groupBy(open, ({ connection }) => connection);
    await Promise.all(
      [...byNode].map(([connection, ofNode]) =>
        this.#accept(
          connection,
          ofNode.map(({ leaseId }) => leaseId),
        ),
      ),
    );
  }

  /** Tried for as long as it makes sense; later the leases have gone to others. */
  async #accept(
    connection: NodeConnection,
    leaseIds: readonly string[],
  ): Promise<void> {
    try {
      await retryWhileAway(
        () => this.#leases.acceptLeases(connection.nodeId, leaseIds),
        AbortSignal.any([
          connection.signal,
          AbortSignal.timeout(leaseTiming.acceptWithinMs),
        ]),
      );
    } catch (error) {
      const level = isAway(error) ? "warn" : "error";
      for (const leaseId of leaseIds)
        this.#log[level](
          { ...connection.fieldsOf(leaseId), err: error },
          "lease could not be accepted",
        );
    }
  }
}
