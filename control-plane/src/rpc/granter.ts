/**
 * Turns the credit of a replica's nodes into leases: one request to the database at a time, for all nodes together. It asks when a
 * node gives credit, when the queue says that there is something, and now and then in case a notification was lost; without
 * credit it does not ask at all.
 */
import { Lease, type ControlMessage } from "@motif/proto";
import type {
  GrantedLease,
  LeaseOperations,
} from "../leases/lease-operations.ts";
import type { Connections } from "./connections.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import { isAway } from "./retry-while-away.ts";
import { newRevocation } from "./revocations.ts";
import { FieldViolation } from "./status.ts";
import { toWireLease } from "./wire-shard-spec.ts";

const askAgainMs = 1_000;
/** More than a node can have a use for. */
const mostCredit = 10_000;
/** Of one message with leases: well below the 4 MiB that a message may have. */
const messageBytes = 1_000_000;

export interface GranterOptions {
  readonly replicaId: string;
  readonly leases: Pick<LeaseOperations, "grantLeases" | "yieldShards">;
  readonly connections: Connections;
  readonly log: Log;
}

export class Granter {
  readonly #options: GranterOptions;
  readonly #credit = new Map<NodeConnection, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isClosed = false;

  constructor(options: GranterOptions) {
    this.#options = options;
  }

  /** @throws FieldViolation for more credit than makes sense */
  addCredit(connection: NodeConnection, leases: number): void {
    const credit = (this.#credit.get(connection) ?? 0) + leases;
    if (credit > mostCredit)
      throw new FieldViolation(
        "credit.leases",
        `${credit} leases are wanted together; at most ${mostCredit} are given.`,
      );
    if (credit > 0) this.#credit.set(connection, credit);
    this.wake();
  }

  /** The node wants no further leases, or is gone. */
  forget(connection: NodeConnection): void {
    this.#credit.delete(connection);
  }

  /** There may be something to grant. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isClosed || this.#credit.size === 0) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  /** Grants no more. Resolves when the last grant is done with. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      while (this.#isWoken && !this.#isClosed) {
        this.#isWoken = false;
        // What was granted may not have been all: ask until there is nothing.
        while ((await this.#grant()) > 0 && !this.#isClosed);
      }
    } catch (error) {
      this.#isWoken = false;
      if (isAway(error))
        this.#options.log.warn(
          { err: error },
          "no leases are granted while the database is away",
        );
      else
        this.#options.log.error({ err: error }, "leases could not be granted");
    }
    if (this.#credit.size > 0 && !this.#isClosed)
      this.#timer = setTimeout(() => this.wake(), askAgainMs).unref();
  }

  /** @returns how many leases were granted */
  async #grant(): Promise<number> {
    const asking = new Map<string, NodeConnection>();
    for (const connection of this.#credit.keys())
      if (connection.isWilling) asking.set(connection.nodeId, connection);
      else void connection.drained().then(() => this.#wakeFor(connection));
    if (asking.size === 0) return 0;
    const granted = await this.#options.leases.grantLeases(
      this.#options.replicaId,
      [...asking.values()].map((connection) => ({
        nodeId: connection.nodeId,
        leases: this.#credit.get(connection) ?? 0,
      })),
    );
    const byNode = Map.groupBy(granted, (lease) => lease.nodeId);
    for (const [nodeId, leases] of byNode)
      this.#hand(asking.get(nodeId)!, leases);
    return granted.length;
  }

  #wakeFor(connection: NodeConnection): void {
    if (this.#credit.has(connection) && connection.isWilling) this.wake();
  }

  #hand(connection: NodeConnection, leases: readonly GrantedLease[]): void {
    const { connections, log } = this.#options;
    if (!connection.isTaking) return this.#takeBack(connection, leases);
    const rest = (this.#credit.get(connection) ?? 0) - leases.length;
    if (rest > 0) this.#credit.set(connection, rest);
    else this.#credit.delete(connection);
    connections.addLeases(
      connection,
      leases.map(({ leaseId, shardId, jobId }) => [
        leaseId,
        { shardId, jobId },
      ]),
    );
    for (const message of inMessages(leases.map(toWireLease)))
      connection.send(message);
    for (const { leaseId } of leases) {
      log.debug(connection.fieldsOf(leaseId), "lease granted");
      const reason = connections.takeRevocation(leaseId);
      if (reason !== undefined)
        connection.send(newRevocation([leaseId], reason));
    }
  }

  /** Nobody is there to accept, or is to: another node can have them at once, instead of when the time to accept is up. */
  #takeBack(connection: NodeConnection, leases: readonly GrantedLease[]): void {
    const { log } = this.#options;
    for (const { leaseId, shardId, jobId } of leases)
      log.log(
        { nodeId: connection.nodeId, leaseId, shardId, jobId },
        "lease taken back: its node is gone, or drains",
      );
    this.#options.leases
      .yieldShards(
        leases.map(({ leaseId, nodeId, checkpointSha256 }) => ({
          leaseId,
          nodeId,
          checkpointSha256,
        })),
      )
      .catch((error: unknown) => {
        // They expire by themselves.
        log.warn({ err: error }, "leases could not be taken back");
      });
  }
}

function* inMessages(
  leases: readonly Lease[],
): Generator<NonNullable<ControlMessage["body"]>> {
  let together: Lease[] = [];
  let bytes = 0;
  for (const lease of leases) {
    const size = Lease.encode(lease).finish().length;
    if (together.length > 0 && bytes + size > messageBytes) {
      yield { $case: "leases", value: { leases: together } };
      [together, bytes] = [[], 0];
    }
    together.push(lease);
    bytes += size;
  }
  yield { $case: "leases", value: { leases: together } };
}
