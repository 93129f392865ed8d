/**
 * Heartbeats of all nodes of a replica, renewed together. Of a node only the newest counts. While the database is away they stay
 * unanswered: a node that gets no answer stops its work in time, so nothing here may answer for the database.
 */
import { status as codes } from "@grpc/grpc-js";
import type { LeaseOperations } from "../leases/lease-operations.ts";
import type { NodeRegistry } from "../nodes/node-registry.ts";
import { Batch } from "./batch.ts";
import type { Connections } from "./connections.ts";
import type { Drains } from "./drains.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import type { HeartbeatReport } from "./node-messages.ts";
import { isAway } from "./retry-while-away.ts";
import { GrpcError } from "./status.ts";

const gatherMs = 75;
const mostNodes = 1_000;

export class Heartbeats {
  readonly #leases: Pick<LeaseOperations, "renewLeases" | "recordEpochs">;
  readonly #registry: NodeRegistry;
  readonly #connections: Connections;
  readonly #drains: Drains;
  readonly #log: Log;
  readonly #newest = new Map<NodeConnection, HeartbeatReport>();
  readonly #batch: Batch<NodeConnection>;

  constructor(
    leases: Pick<LeaseOperations, "renewLeases" | "recordEpochs">,
    registry: NodeRegistry,
    connections: Connections,
    drains: Drains,
    log: Log,
  ) {
    this.#leases = leases;
    this.#registry = registry;
    this.#connections = connections;
    this.#drains = drains;
    this.#log = log;
    this.#batch = new Batch({
      most: mostNodes,
      waitMs: gatherMs,
      flush: (nodes) => this.#renew(nodes),
    });
  }

  add(connection: NodeConnection, heartbeat: HeartbeatReport): void {
    const isWaiting = this.#newest.has(connection);
    this.#newest.set(connection, heartbeat);
    if (!isWaiting) this.#batch.add(connection);
  }

  settle(): Promise<void> {
    return this.#batch.settle();
  }

  async #renew(nodes: readonly NodeConnection[]): Promise<void> {
    const heartbeats = nodes.map((connection) => ({
      connection,
      nodeId: connection.nodeId,
      instanceId: connection.instanceId,
      ...this.#newest.get(connection)!,
    }));
    for (const connection of nodes) this.#newest.delete(connection);
    const askedAt = performance.now();
    try {
      const [{ goneLeaseIds }, { lostIds, drainedIds }] = await Promise.all([
        this.#leases.renewLeases(
          heartbeats.map(({ nodeId, leases }) => ({ nodeId, leases })),
        ),
        this.#registry.touch(heartbeats),
      ]);
      await this.#record(heartbeats);
      const gone = new Set(goneLeaseIds);
      const lost = new Set(lostIds);
      const drained = new Set(drainedIds);
      for (const { connection, sequence, leases } of heartbeats)
        if (lost.has(connection.nodeId)) this.#lose(connection);
        else {
          this.#drains.found(
            connection,
            drained.has(connection.nodeId),
            askedAt,
          );
          this.#answer(
            connection,
            sequence,
            leases.map(({ leaseId }) => leaseId).filter((id) => gone.has(id)),
          );
        }
    } catch (error) {
      const fields = { err: error, nodes: nodes.length };
      if (isAway(error))
        this.#log.warn(fields, "heartbeats stay unanswered: no database");
      else this.#log.error(fields, "heartbeats could not be answered");
    }
  }

  /**
   * Before the answer, which a node takes as leave to forget what it told. What cannot be written costs no lease: a training's result has
   * its epochs too.
   */
  async #record(
    heartbeats: readonly (HeartbeatReport & { readonly nodeId: string })[],
  ): Promise<void> {
    const reports = heartbeats.flatMap(({ nodeId, leases }) =>
      leases.flatMap(({ leaseId, training }) =>
        training ? [{ nodeId, leaseId, training }] : [],
      ),
    );
    if (reports.length === 0) return;
    try {
      await this.#leases.recordEpochs(reports);
    } catch (error) {
      if (isAway(error)) throw error;
      this.#log.error(
        { err: error, trainings: reports.length },
        "epochs could not be written",
      );
    }
  }

  #answer(
    connection: NodeConnection,
    sequence: number,
    goneLeaseIds: readonly string[],
  ): void {
    for (const leaseId of goneLeaseIds) {
      // Mostly one whose result was stored while the heartbeat was on its way; where work is lost, the node says so.
      this.#log.debug(
        connection.fieldsOf(leaseId),
        "lease is the node's no more",
      );
      this.#connections.dropLease(leaseId);
    }
    connection.send({
      $case: "heartbeatReply",
      value: { sequence, goneLeaseIds },
    });
  }

  /** The reason is told when the node connects again. */
  #lose(connection: NodeConnection): void {
    this.#log.warn(
      { nodeId: connection.nodeId },
      "node is another's, or revoked: its stream ends",
    );
    connection.fail(
      new GrpcError(
        codes.ABORTED,
        `Node ${connection.nodeId} is connected elsewhere or was revoked. Connect again to learn which.`,
      ),
    );
  }
}
