/** A compute node that says what a test tells it to, over a real grpc-js client. */
import { randomUUID } from "node:crypto";
import {
  credentials,
  type ChannelCredentials,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import {
  NodeServiceClient,
  protocolVersion,
  type ControlMessage,
  type Hello,
  type Lease,
  type NodeMessage,
  type ShardResult,
} from "@motif/proto";

type Said = NonNullable<NodeMessage["body"]>;
type Heard = NonNullable<ControlMessage["body"]>;
type HeardOf<Case extends Heard["$case"]> = Extract<
  Heard,
  { readonly $case: Case }
>["value"];

const patienceMs = 20_000;

export const noopResult: ShardResult = { kind: { $case: "noop", value: {} } };

export class ScriptedNode {
  readonly hello: Hello;
  readonly #client: NodeServiceClient;
  readonly #stream: ReturnType<NodeServiceClient["connect"]>;
  readonly #heard: Heard[] = [];
  readonly #waiting = new Set<() => void>();
  /** What the stream ended with. */
  readonly status: Promise<StatusObject>;
  #isOver = false;

  constructor(
    address: string,
    changed: Partial<Hello> = {},
    channelCredentials: ChannelCredentials = credentials.createInsecure(),
  ) {
    this.hello = {
      protocolVersion,
      nodeId: randomUUID(),
      instanceId: randomUUID(),
      name: "node",
      version: "test",
      slots: 4,
      backend: { name: "reference", provider: "cpu", threads: 1 },
      heldLeaseIds: [],
      memoryBytes: 0,
      ...changed,
    };
    this.#client = new NodeServiceClient(address, channelCredentials, {
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#stream = this.#client.connect();
    this.#stream.on("data", ({ body }: ControlMessage) => {
      if (body !== undefined) this.#heard.push(body);
      this.#lookAgain();
    });
    this.#stream.on("error", (_: ServiceError) => {});
    this.status = new Promise((resolve) =>
      this.#stream.on("status", (status) => {
        this.#isOver = true;
        resolve(status);
        this.#lookAgain();
      }),
    );
  }

  /** Says Hello and waits for the Welcome. */
  async greet(): Promise<HeardOf<"welcome">> {
    this.say({ $case: "hello", value: this.hello });
    return this.hear("welcome");
  }

  say(body: Said | undefined): void {
    this.#stream.write({ body });
  }

  /** The next message of a kind, which is taken out of what was heard. @throws Error when the stream ends before */
  async hear<Case extends Heard["$case"]>(kind: Case): Promise<HeardOf<Case>> {
    const heard = await this.#until(() => {
      const index = this.#heard.findIndex(({ $case }) => $case === kind);
      return index < 0 ? undefined : this.#heard.splice(index, 1)[0];
    }, kind);
    return heard.value as HeardOf<Case>;
  }

  /** Gives credit and waits until it is used up. */
  async takeLeases(count: number): Promise<readonly Lease[]> {
    this.say({ $case: "credit", value: { leases: count } });
    const leases: Lease[] = [];
    while (leases.length < count)
      leases.push(...(await this.hear("leases")).leases);
    return leases;
  }

  accept(leases: readonly Lease[]): void {
    const leaseIds = leases.map(({ leaseId }) => leaseId);
    this.say({ $case: "accept", value: { leaseIds } });
  }

  sendResults(
    leases: readonly Lease[],
    result: ShardResult | undefined = noopResult,
  ): void {
    this.say({
      $case: "results",
      value: {
        results: leases.map(({ leaseId, shardId, retryCount }) => ({
          leaseId,
          shardId,
          retryCount,
          result,
        })),
      },
    });
  }

  async hearReplies(
    count: number,
  ): Promise<HeardOf<"resultReplies">["replies"]> {
    const replies: HeardOf<"resultReplies">["replies"][number][] = [];
    while (replies.length < count)
      replies.push(...(await this.hear("resultReplies")).replies);
    return replies;
  }

  async beat(
    sequence: number,
    leases: readonly Lease[] = [],
    memoryUsedBytes = 0,
  ): Promise<HeardOf<"heartbeatReply">> {
    this.say({
      $case: "heartbeat",
      value: {
        sequence,
        leases: leases.map(({ leaseId }) => ({
          leaseId,
          done: 0.5,
          checkpointSha256: "",
        })),
        memoryUsedBytes,
      },
    });
    return this.hear("heartbeatReply");
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#stream.end();
  }

  /** Is gone, as a process that was killed. */
  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  async #until<Value>(
    look: () => Value | undefined,
    what: string,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`no ${what} within ${patienceMs} ms`)),
        patienceMs,
      );
      const check = (): void => {
        const value = look();
        if (value === undefined && !this.#isOver) return;
        clearTimeout(late);
        this.#waiting.delete(check);
        if (value !== undefined) resolve(value);
        else reject(new Error(`the stream ended without ${what}`));
      };
      this.#waiting.add(check);
      check();
    });
  }

  #lookAgain(): void {
    for (const check of this.#waiting) check();
  }
}
