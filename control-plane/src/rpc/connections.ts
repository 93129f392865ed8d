/** The nodes that are connected to this replica, and who of them holds which lease. */
import { status as codes } from "@grpc/grpc-js";
import type { LeaseNames, NodeConnection } from "./node-connection.ts";
import { GrpcError } from "./status.ts";

export type RevocationReason = "cancelled" | "paused";

/** Revocations that may overtake the lease they are about; the oldest go first. */
const rememberedRevocations = 10_000;

export class Connections {
  readonly #ofNode = new Map<string, NodeConnection>();
  readonly #ofLease = new Map<string, NodeConnection>();
  readonly #revoked = new Map<string, RevocationReason>();
  readonly #turns = new Map<string, Promise<unknown>>();

  get all(): readonly NodeConnection[] {
    return [...this.#ofNode.values()];
  }

  find(nodeId: string): NodeConnection | undefined {
    return this.#ofNode.get(nodeId);
  }

  /** What concerns one node's connecting and leaving happens one after the other. */
  async inTurn<Value>(
    nodeId: string,
    work: () => Promise<Value>,
  ): Promise<Value> {
    const before = this.#turns.get(nodeId);
    const turn = (before ?? Promise.resolve()).then(work, work);
    this.#turns.set(nodeId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(nodeId) === turn) this.#turns.delete(nodeId);
    }
  }

  /** An older stream of the same node ends: its process has opened a new one, or is gone. */
  add(connection: NodeConnection): void {
    const older = this.#ofNode.get(connection.nodeId);
    if (older !== undefined) {
      this.remove(older);
      older.fail(
        new GrpcError(
          codes.ABORTED,
          `A newer stream of node ${connection.nodeId} took over.`,
        ),
      );
    }
    this.#ofNode.set(connection.nodeId, connection);
  }

  /** @returns whether it was still the node's */
  remove(connection: NodeConnection): boolean {
    for (const leaseId of connection.leases.keys())
      if (this.#ofLease.get(leaseId) === connection)
        this.#ofLease.delete(leaseId);
    if (this.#ofNode.get(connection.nodeId) !== connection) return false;
    return this.#ofNode.delete(connection.nodeId);
  }

  /** Notes that a node holds leases. */
  addLeases(
    connection: NodeConnection,
    leases: Iterable<readonly [leaseId: string, names: LeaseNames]>,
  ): void {
    for (const [leaseId, names] of leases) {
      connection.leases.set(leaseId, names);
      this.#ofLease.set(leaseId, connection);
    }
  }

  /** A lease is over. */
  dropLease(leaseId: string): void {
    this.#ofLease.get(leaseId)?.leases.delete(leaseId);
    this.#ofLease.delete(leaseId);
    this.#revoked.delete(leaseId);
  }

  /** Notes revocations. @returns which of this replica's nodes have to be told of which */
  revoke(
    leaseIds: readonly string[],
    reason: RevocationReason,
  ): ReadonlyMap<NodeConnection, readonly string[]> {
    const concerned = new Map<NodeConnection, string[]>();
    for (const leaseId of leaseIds) {
      const connection = this.#ofLease.get(leaseId);
      if (connection === undefined) this.#remember(leaseId, reason);
      else
        concerned.set(connection, [
          ...(concerned.get(connection) ?? []),
          leaseId,
        ]);
    }
    return concerned;
  }

  /** Why a lease was revoked before it was known here. */
  takeRevocation(leaseId: string): RevocationReason | undefined {
    const reason = this.#revoked.get(leaseId);
    this.#revoked.delete(leaseId);
    return reason;
  }

  #remember(leaseId: string, reason: RevocationReason): void {
    this.#revoked.set(leaseId, reason);
    if (this.#revoked.size > rememberedRevocations)
      this.#revoked.delete(this.#revoked.keys().next().value!);
  }
}
