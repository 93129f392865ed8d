/**
 * Leases that nodes have accepted, written a moment later and of all nodes together. A shard that is done by then needs no row that says
 * it is running: its result says more. Each is looked at twice, a moment apart, and written the second time: under load there is
 * always something to write, and none would otherwise get its moment.
 */
import type { LeaseOperations } from "../leases/lease-operations.ts";
import { leaseTiming } from "../leases/lease-operations.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import { isAway, retryWhileAway } from "./retry-while-away.ts";

/** Between two looks: an acceptance is written after one to two of them, long before the time to accept is up. */
const lookEveryMs = 200;

interface Acceptance {
  readonly connection: NodeConnection;
  readonly leaseId: string;
}

export class Acceptances {
  readonly #leases: Pick<LeaseOperations, "acceptLeases">;
  readonly #log: Log;
  /** Since the last look. Nodes accept what they were granted, so their credit bounds it. */
  #fresh: Acceptance[] = [];
  /** From before it. */
  #seen: Acceptance[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(leases: Pick<LeaseOperations, "acceptLeases">, log: Log) {
    this.#leases = leases;
    this.#log = log;
  }

  add(connection: NodeConnection, leaseIds: readonly string[]): void {
    for (const leaseId of leaseIds) this.#fresh.push({ connection, leaseId });
    this.#timer ??= setTimeout(() => this.#look(), lookEveryMs);
  }

  /** Writes what is there, at once. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#seen, ...this.#fresh];
    [this.#seen, this.#fresh] = [[], []];
    this.#write(all);
    await this.#writing;
  }

  #look(): void {
    const due = this.#seen;
    [this.#seen, this.#fresh] = [this.#fresh, []];
    this.#timer =
      this.#seen.length > 0
        ? setTimeout(() => this.#look(), lookEveryMs)
        : undefined;
    this.#write(due);
  }

  #write(acceptances: readonly Acceptance[]): void {
    const open = acceptances.filter(({ connection, leaseId }) =>
      connection.leases.has(leaseId),
    );
    const byNode = Map.groupBy(open, ({ connection }) => connection);
    const writes = [...byNode].map(([connection, ofNode]) =>
      this.#accept(
        connection,
        ofNode.map(({ leaseId }) => leaseId),
      ),
    );
    this.#writing = Promise.all([this.#writing, ...writes]).then(() => {});
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
