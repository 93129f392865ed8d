/**
 * NodeService.Connect: one conversation for as long as a node is connected.
 *
 *     node                                             control plane
 *     Hello (who, how much, leases from before)  ──▶  checks, adopts
 *                                                ◀──  Welcome (timing, leases that are gone)
 *     Credit                                     ──▶
 *                                                ◀──  Leases
 *     Accept, Heartbeat, Results, Failure, Yield ──▶
 *                                                ◀──  HeartbeatReply, ResultReplies, Revocation, Drain
 *     Draining                                   ──▶
 */
import { setTimeout as sleep } from "node:timers/promises";
import { status as codes } from "@grpc/grpc-js";
import { protocolVersion, type NodeMessage } from "@motif/proto";
import {
  leaseTiming,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import type { ConnectingNode, NodeRegistry } from "../nodes/node-registry.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import { authenticatedNode } from "./credential-interceptor.ts";
import type { Acceptances } from "./acceptances.ts";
import type { Connections } from "./connections.ts";
import { newDrain } from "./drains.ts";
import type { Endings } from "./endings.ts";
import type { Granter } from "./granter.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { nameLeases } from "./name-leases.ts";
import type { Database } from "../database/database.ts";
import type { Log } from "./log.ts";
import { NodeConnection, type NodeStream } from "./node-connection.ts";
import {
  readGreeting,
  readNodeReport,
  type Greeting,
  type NodeReport,
} from "./node-messages.ts";
import type { Results } from "./results.ts";
import { GrpcError, isForeseen, toStatus } from "./status.ts";

/** A stream on which nothing is said is closed after this. */
const greetWithinMs = 10_000;
/** What a node that ends its side is still answered within. */
const settleWithinMs = 10_000;

export interface NodeServiceParts {
  readonly replicaId: string;
  readonly database: Database;
  readonly leases: Pick<LeaseOperations, "adoptLeases">;
  readonly registry: NodeRegistry;
  readonly connections: Connections;
  readonly acceptances: Acceptances;
  readonly granter: Granter;
  readonly heartbeats: Heartbeats;
  readonly results: Results;
  readonly endings: Endings;
  readonly log: Log;
}

export class NodeService {
  readonly #parts: NodeServiceParts;
  #isClosed = false;

  constructor(parts: NodeServiceParts) {
    this.#parts = parts;
  }

  /** Serves one stream to its end; every error becomes the stream's status. */
  readonly connect = (stream: NodeStream): void => {
    this.#converse(stream).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, "a conversation failed");
    });
  };

  /** Lets go of all nodes: they connect to another replica, with the leases they hold. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#parts.connections.all)
      connection.fail(shuttingDown());
  }

  async #converse(stream: NodeStream): Promise<void> {
    const { granter, log } = this.#parts;
    // Kept open by the iterator: its status is still to be sent.
    const messages = stream.iterator({
      destroyOnReturn: false,
    }) as AsyncIterableIterator<NodeMessage>;
    let connection: NodeConnection | undefined;
    try {
      connection = await this.#greet(stream, await firstOf(messages));
      for await (const message of messages) {
        await this.#take(connection, readNodeReport(message));
        await connection.drained();
      }
      await Promise.race([this.#settle(), sleep(settleWithinMs)]);
      stream.end();
    } catch (error) {
      this.#endWith(stream, connection, error);
    } finally {
      if (connection !== undefined) {
        granter.forget(connection);
        await this.#leave(connection);
      } else
        log.debug({ peer: stream.getPeer() }, "stream without a node ended");
    }
  }

  /** @throws GrpcError, ControlPlaneError for a node that is not taken */
  async #greet(
    stream: NodeStream,
    first: NodeMessage,
  ): Promise<NodeConnection> {
    if (this.#isClosed) throw shuttingDown();
    const greeting = readGreeting(first);
    requireProtocol(greeting);
    const node = { ...greeting.node, address: stream.getPeer() };
    const authenticated = authenticatedNode(stream.metadata);
    if (authenticated !== undefined && authenticated !== node.nodeId)
      throw new ControlPlaneError(
        "forbidden",
        `The credential is that of node ${authenticated}, not of ${node.nodeId}. A copied data folder makes this: give each node its own.`,
      );
    const connection = new NodeConnection(node, stream);
    const { connections } = this.#parts;
    await connections.inTurn(node.nodeId, () =>
      this.#register(connection, node),
    );
    try {
      await this.#welcome(connection, greeting.heldLeaseIds);
    } catch (error) {
      await this.#leave(connection);
      throw error;
    }
    this.#parts.log.log(
      {
        nodeId: node.nodeId,
        name: node.name,
        slots: node.slots,
        held: connection.leases.size,
      },
      "node connected",
    );
    return connection;
  }

  async #register(
    connection: NodeConnection,
    node: ConnectingNode,
  ): Promise<void> {
    const outcome = await this.#parts.registry.connect(node);
    switch (outcome) {
      case "connected":
      case "drained":
        connection.isDrained = outcome === "drained";
        return this.#parts.connections.add(connection);
      case "taken":
        throw new GrpcError(
          codes.ALREADY_EXISTS,
          `Another process runs as node ${node.nodeId}. Stop it, or give this one a data folder of its own.`,
        );
      case "revoked":
        throw new ControlPlaneError(
          "unauthenticated",
          `Node ${node.nodeId} was revoked. Start it with a new --join-token.`,
        );
    }
  }

  async #welcome(
    connection: NodeConnection,
    heldLeaseIds: readonly string[],
  ): Promise<void> {
    const { leases, replicaId, database, connections } = this.#parts;
    const { goneLeaseIds } =
      heldLeaseIds.length === 0
        ? { goneLeaseIds: [] }
        : await leases.adoptLeases(replicaId, connection.nodeId, heldLeaseIds);
    const gone = new Set(goneLeaseIds);
    connections.addLeases(
      connection,
      await nameLeases(
        database,
        heldLeaseIds.filter((leaseId) => !gone.has(leaseId)),
      ),
    );
    connection.send({
      $case: "welcome",
      value: {
        replicaId,
        heartbeatIntervalMs: leaseTiming.heartbeatIntervalMs,
        fenceAfterMs: leaseTiming.fenceAfterMs,
        goneLeaseIds,
      },
    });
    if (connection.isDrained) connection.send(newDrain(true));
  }

  async #take(connection: NodeConnection, report: NodeReport): Promise<void> {
    const { acceptances, granter, heartbeats, results, endings, registry } =
      this.#parts;
    switch (report.kind) {
      case "credit":
        return granter.addCredit(connection, report.leases);
      case "accept":
        return acceptances.add(connection, report.leaseIds);
      case "heartbeat":
        return heartbeats.add(connection, report);
      case "results":
        return results.add(connection, report.results);
      case "failure":
        return endings.addFailure(connection, report);
      case "yield":
        return endings.addYield(connection, report);
      case "draining":
        connection.isDraining = true;
        granter.forget(connection);
        return registry.drain(connection).catch((error: unknown) => {
          this.#parts.log.warn(
            { err: error, nodeId: connection.nodeId },
            "a draining node could not be noted",
          );
        });
    }
  }

  /** Everything that was said is written and answered. */
  async #settle(): Promise<void> {
    const { acceptances, results, endings, heartbeats } = this.#parts;
    await Promise.all([
      acceptances.settle(),
      results.settle(),
      endings.settle(),
      heartbeats.settle(),
    ]);
  }

  #endWith(
    stream: NodeStream,
    connection: NodeConnection | undefined,
    error: unknown,
  ): void {
    // The node went away, or was told why it has to: what reading fails with then says nothing new.
    if (stream.cancelled || stream.destroyed || stream.writableEnded) return;
    const fields = {
      nodeId: connection?.nodeId,
      peer: stream.getPeer(),
      err: error,
    };
    if (isForeseen(error)) this.#parts.log.warn(fields, "a node was refused");
    else this.#parts.log.error(fields, "a conversation broke");
    stream.emit("error", toStatus(error));
  }

  async #leave(connection: NodeConnection): Promise<void> {
    const { connections, registry, log } = this.#parts;
    await connections.inTurn(connection.nodeId, async () => {
      if (!connections.remove(connection)) return;
      log.log({ nodeId: connection.nodeId }, "node disconnected");
      await registry.disconnect(connection).catch((error: unknown) => {
        // The sweep finds it.
        log.warn(
          { err: error, nodeId: connection.nodeId },
          "a node's leaving could not be noted",
        );
      });
    });
  }
}

/** @throws GrpcError where nothing is said in time */
async function firstOf(
  messages: AsyncIterator<NodeMessage>,
): Promise<NodeMessage> {
  const inTime = new AbortController();
  const late = sleep(greetWithinMs, undefined, { signal: inTime.signal }).then(
    () => {
      throw new GrpcError(
        codes.DEADLINE_EXCEEDED,
        `hello was expected within ${greetWithinMs / 1_000} s.`,
      );
    },
    () => undefined,
  );
  try {
    const first = await Promise.race([messages.next(), late]);
    if (first === undefined || first.done === true)
      throw new ControlPlaneError("invalid", "The stream ended before hello.");
    return first.value;
  } finally {
    inTime.abort();
  }
}

function requireProtocol(greeting: Greeting): void {
  if (greeting.protocolVersion !== protocolVersion)
    throw new GrpcError(
      codes.FAILED_PRECONDITION,
      `Node ${greeting.node.name} speaks protocol ${greeting.protocolVersion}, this control plane ${protocolVersion}. Install the same version of Motif on both.`,
    );
}

const shuttingDown = (): GrpcError =>
  new GrpcError(
    codes.UNAVAILABLE,
    "This control plane is shutting down. Connect to another, or try again.",
  );
