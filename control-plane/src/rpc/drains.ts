/** Nodes that a person wants to take no further leases. Every replica hears of all, and tells its own nodes. */
import { z } from "zod";
import type { Listener } from "../database/listener.ts";
import type { Connections } from "./connections.ts";
import type { Granter } from "./granter.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";

const notice = z.object({ nodeId: z.string(), isDrained: z.boolean() });

export class Drains {
  readonly #connections: Connections;
  readonly #granter: Granter;
  readonly #log: Log;
  /** When a notice last came for a connection: what was read before it says nothing. */
  readonly #noticedAt = new WeakMap<NodeConnection, number>();

  constructor(connections: Connections, granter: Granter, log: Log) {
    this.#connections = connections;
    this.#granter = granter;
    this.#log = log;
  }

  /** What is missed while the listener is away is found with the node's next heartbeat. @returns stops it */
  listen(listener: Listener): Promise<() => void> {
    return listener.listen("motif_drain", (payload) => {
      const { nodeId, isDrained } = notice.parse(JSON.parse(payload));
      const connection = this.#connections.find(nodeId);
      if (connection === undefined) return;
      this.#noticedAt.set(connection, performance.now());
      this.#set(connection, isDrained);
    });
  }

  /** @param askedAt when the database was asked, by `performance.now()` */
  found(connection: NodeConnection, isDrained: boolean, askedAt: number): void {
    if ((this.#noticedAt.get(connection) ?? -Infinity) < askedAt)
      this.#set(connection, isDrained);
  }

  #set(connection: NodeConnection, isDrained: boolean): void {
    if (connection.isDrained === isDrained) return;
    connection.isDrained = isDrained;
    connection.send(newDrain(isDrained));
    this.#log.log(
      { nodeId: connection.nodeId },
      isDrained ? "node drained" : "node takes work again",
    );
    if (!isDrained) this.#granter.wake();
  }
}

export const newDrain = (
  isDraining: boolean,
): Parameters<NodeConnection["send"]>[0] => ({
  $case: "drain",
  value: { isDraining },
});
