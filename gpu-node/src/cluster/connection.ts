/** One stream to one control plane, from Hello to its end. Dialling again is compute-node.ts's. */
import {
  status,
  type ChannelCredentials,
  type ClientOptions,
} from "@grpc/grpc-js";
import {
  ArtifactServiceClient,
  NodeServiceClient,
  type ControlMessage,
  type Hello,
  type NodeMessage,
  type Welcome,
} from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import { isServiceError, type ArtifactPeer } from "./artifact-transfer.ts";

export type NodeMessageBody = NonNullable<NodeMessage["body"]>;
export type ControlMessageBody = NonNullable<ControlMessage["body"]>;

export interface Connection {
  readonly address: string;
  readonly welcome: Welcome;
  /** When Hello left, in the clock's milliseconds. */
  readonly helloSentAt: number;
  readonly artifacts: ArtifactPeer;
  /** Messages that came since Welcome wait until this is called. */
  receive(onMessage: (message: ControlMessageBody) => void): void;
  /** Dropped without a word once the stream is over: what matters is sent again on the next one. */
  send(body: NodeMessageBody): void;
  /** Says that nothing more comes, and waits until the control plane has taken what came before. */
  leave(withinMs: number): Promise<void>;
  /** Ends the stream and every call beside it at once. */
  drop(reason: string): void;
  /** Resolves with the reason when the stream is over. */
  readonly over: Promise<string>;
}

/** DESIGN, "Leases": a peer that is gone without a word is noticed within 30 s; heartbeats notice much earlier. */
const channelOptions: ClientOptions = {
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // Connections are never lent to a later dial of the same address.
  "grpc.use_local_subchannel_pool": 1,
  // Hundreds of leases may come at once, each with its model's manifest.
  "grpc.max_receive_message_length": 64 * 1024 * 1024,
};

/**
 * @param options.now milliseconds
 * @param options.signal gives up dialling
 * @throws Error, mostly a ServiceError, when there is no Welcome within `options.welcomeWithinMs`
 */
export async function dial(
  address: string,
  options: {
    readonly credentials: ChannelCredentials;
    readonly hello: Hello;
    readonly now: () => number;
    readonly welcomeWithinMs: number;
    readonly signal: AbortSignal;
  },
): Promise<Connection> {
  const { credentials, hello, now, welcomeWithinMs, signal } = options;
  const client = new NodeServiceClient(address, credentials, channelOptions);
  const artifacts = new ArtifactServiceClient(
    address,
    credentials,
    channelOptions,
  );
  const call = client.connect();
  const ended = new AbortController();
  const over = Promise.withResolvers<string>();
  const welcomed = Promise.withResolvers<Welcome>();
  const end = (error: Error) => {
    welcomed.reject(error);
    if (ended.signal.aborted) return;
    over.resolve(
      isServiceError(error) ? error.details || error.message : error.message,
    );
    ended.abort(error);
    call.cancel();
    client.close();
    artifacts.close();
  };
  call.on("error", end);
  call.on("end", () =>
    end(new Error("the control plane has closed the stream")),
  );
  call.once("data", ({ body }: ControlMessage) => {
    if (body?.$case === "welcome") {
      call.pause();
      welcomed.resolve(body.value);
    } else
      end(
        new Error(`the first message is ${body?.$case ?? "empty"}, no welcome`),
      );
  });
  const timer = setTimeout(
    () => end(new Error(`no welcome within ${welcomeWithinMs} ms`)),
    welcomeWithinMs,
  );
  const stop = () => end(new Error("dialling was given up"));
  signal.addEventListener("abort", stop, { once: true });
  const helloSentAt = now();
  call.write({ body: { $case: "hello", value: hello } });
  let welcome;
  try {
    welcome = await welcomed.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
  return {
    address,
    welcome,
    helloSentAt,
    artifacts: { client: artifacts, signal: ended.signal },
    receive(onMessage) {
      call.on("data", ({ body }: ControlMessage) => {
        // A message of a later protocol may be empty to this one.
        if (body && !ended.signal.aborted) onMessage(body);
      });
      call.resume();
    },
    send(body) {
      if (!ended.signal.aborted) call.write({ body });
    },
    async leave(withinMs) {
      call.end();
      const late = setTimeout(
        () => end(new Error("left without an answer")),
        withinMs,
      );
      await over.promise;
      clearTimeout(late);
    },
    drop: (reason) => end(new Error(reason)),
    over: over.promise,
  };
}

/** @returns what ends the node, when dialling again cannot help; null when it can */
export function permanentRefusal(
  address: string,
  error: unknown,
): MotifError | null {
  if (!isServiceError(error)) return null;
  switch (error.code) {
    case status.FAILED_PRECONDITION:
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.INVALID_ARGUMENT:
    case status.UNIMPLEMENTED:
      // The control plane says what to do about it.
      return new MotifError("cluster", `${address}: ${error.details}`, {
        cause: error,
      });
    default:
      return null;
  }
}

/** Whether a control plane says that another process runs under this node's id. */
export function isOccupied(error: unknown): boolean {
  return isServiceError(error) && error.code === status.ALREADY_EXISTS;
}

/** For people. */
export function describeLoss(error: unknown): string {
  if (isServiceError(error)) return error.details || error.message;
  return error instanceof Error ? error.message : String(error);
}
