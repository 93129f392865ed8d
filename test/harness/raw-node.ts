/** A compute node that a test plays itself, message by message: it speaks the wire and keeps none of a node's promises. */
import { randomUUID } from "node:crypto";
import {
  credentials,
  Metadata,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ServiceError,
} from "@grpc/grpc-js";
import {
  NodeServiceClient,
  protocolVersion,
  type ControlMessage,
  type Hello,
  type Lease,
  type NodeMessage,
  type ResultReply,
} from "../../proto/index.ts";
import { waitFor } from "./wait-for.ts";

type Body<Message extends { readonly body: unknown }> = NonNullable<
  Message["body"]
>;
type Case = Body<ControlMessage>["$case"];
type Value<C extends Case> = Extract<
  Body<ControlMessage>,
  { $case: C }
>["value"];

type ForgedFence = Partial<Pick<Lease, "leaseId" | "shardId" | "retryCount">>;

export class RawNode {
  readonly id: string;
  readonly #client: NodeServiceClient;
  readonly #stream: ClientDuplexStream<NodeMessage, ControlMessage>;
  readonly #received: Body<ControlMessage>[] = [];
  #error: ServiceError | undefined;

  /**
   * Dials and says hello.
   * @param address HOST:PORT
   * @param hello what it says differently from a good node with 4 slots
   */
  constructor(
    address: string,
    hello: Partial<Hello> = {},
    login: { credentials?: ChannelCredentials; metadata?: Metadata } = {},
  ) {
    this.id = hello.nodeId ?? randomUUID();
    this.#client = new NodeServiceClient(
      address,
      login.credentials ?? credentials.createInsecure(),
    );
    this.#stream = this.#client.connect(login.metadata ?? new Metadata());
    this.#stream.on("data", ({ body }: ControlMessage) => {
      if (body) this.#received.push(body);
    });
    this.#stream.on("error", (error: ServiceError) => (this.#error = error));
    this.send({
      $case: "hello",
      value: {
        protocolVersion,
        nodeId: this.id,
        instanceId: randomUUID(),
        name: `raw-${this.id.slice(0, 8)}`,
        version: "test",
        slots: 4,
        backend: { name: "reference", provider: "cpu", threads: 1 },
        heldLeaseIds: [],
        memoryBytes: 0,
        ...hello,
      },
    });
  }

  send(body: Body<NodeMessage>): void {
    this.#stream.write({ body });
  }

  /** @returns the next message of a kind, whatever came before it. @throws Error when the stream ends before */
  async next<C extends Case>(kind: C, withinMs = 20_000): Promise<Value<C>> {
    const isWanted = (body: Body<ControlMessage>) => body.$case === kind;
    const message = await waitFor(
      `the control plane to send ${kind}`,
      async () => {
        const at = this.#received.findIndex(isWanted);
        return at >= 0 ? this.#received.splice(at, 1)[0] : this.#error;
      },
      { withinMs, everyMs: 10 },
    );
    if (message instanceof Error) throw message;
    return message.value as Value<C>;
  }

  /** Asks for leases. @returns the first that come */
  async take(count: number): Promise<readonly Lease[]> {
    this.send({ $case: "credit", value: { leases: count } });
    return (await this.next("leases")).leases;
  }

  accept(leases: readonly Lease[]): void {
    const leaseIds = leases.map(({ leaseId }) => leaseId);
    this.send({ $case: "accept", value: { leaseIds } });
  }

  /** Sends the result of a no-op shard, without waiting for the answer. @param forged what it says differently from the lease */
  report(lease: Lease, forged: ForgedFence = {}): void {
    const { leaseId, shardId, retryCount } = { ...lease, ...forged };
    const result = { kind: { $case: "noop", value: {} } } as const;
    this.send({
      $case: "results",
      value: { results: [{ leaseId, shardId, retryCount, result }] },
    });
  }

  /** The same. @returns the answer */
  async finish(lease: Lease, forged: ForgedFence = {}): Promise<ResultReply> {
    this.report(lease, forged);
    const [reply] = (await this.next("resultReplies")).replies;
    if (!reply) throw new Error("the control plane replied to no result");
    return reply;
  }

  /** @returns how the control plane ended the stream */
  refusal(withinMs = 20_000): Promise<ServiceError> {
    return waitFor("the stream to be refused", async () => this.#error, {
      withinMs,
      everyMs: 10,
    });
  }

  close(): void {
    this.#stream.end();
    this.#client.close();
  }
}
