/** One node's open stream, as the replica's other parts see it. */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ControlMessage, NodeMessage } from "@motif/proto";
import { once } from "node:events";
import type { NodeInstance } from "../nodes/node-registry.ts";
import { Places } from "./places.ts";
import { toStatus } from "./status.ts";

export type NodeStream = ServerDuplexStream<NodeMessage, ControlMessage>;

/** What a lease is of, for logs. */
export interface LeaseNames {
  readonly shardId: string;
  readonly jobId: string;
}

/** Reports of one node that wait for the database; it is not read from while there are as many. */
const mostUnwritten = 1_000;

export class NodeConnection implements NodeInstance {
  readonly nodeId: string;
  readonly instanceId: string;
  readonly name: string;
  /** Leases that the node holds by way of this stream. */
  readonly leases = new Map<string, LeaseNames>();
  /** One for each report that was read and is not written yet. */
  readonly unwritten = new Places(mostUnwritten);
  /** Aborted when the stream is over. */
  readonly signal: AbortSignal;
  /** The node is about to end. */
  isDraining = false;
  /** A person wants it to take no work. */
  isDrained = false;
  readonly #stream: NodeStream;
  readonly #over = new AbortController();

  constructor(
    node: NodeInstance & { readonly name: string },
    stream: NodeStream,
  ) {
    this.nodeId = node.nodeId;
    this.instanceId = node.instanceId;
    this.name = node.name;
    this.#stream = stream;
    this.signal = this.#over.signal;
    if (stream.destroyed) this.#over.abort();
    stream.once("close", () => this.#over.abort());
  }

  /** Whether leases may be handed to it at all. */
  get isTaking(): boolean {
    return !this.signal.aborted && !this.isDraining && !this.isDrained;
  }

  /** Whether the node takes further leases now. */
  get isWilling(): boolean {
    return this.isTaking && !this.isCongested;
  }

  /** Whether the node reads more slowly than it is written to. */
  get isCongested(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** Sends, or drops what is meant for a stream that is over. */
  send(body: NonNullable<ControlMessage["body"]>): void {
    if (!this.signal.aborted && !this.#stream.writableEnded)
      this.#stream.write({ body });
  }

  /** Resolves when the node has read enough, or the stream is over. */
  async drained(): Promise<void> {
    if (this.isCongested && !this.signal.aborted)
      await once(this.#stream, "drain", { signal: this.signal }).catch(
        () => {},
      );
  }

  /** Ends the stream with an error's status. */
  fail(error: unknown): void {
    if (!this.#stream.writableEnded)
      this.#stream.emit("error", toStatus(error));
  }

  /** The fields of a line of log about one of the node's leases. */
  fieldsOf(leaseId: string): object {
    return { nodeId: this.nodeId, leaseId, ...this.leases.get(leaseId) };
  }
}
