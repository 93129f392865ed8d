/** A control plane of one queue, for tests: real gRPC in this process, what nodes say is kept, what it answers can be bent. */
import { createHash, randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import {
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import {
  ArtifactServiceService,
  NodeServiceService,
  protocolVersion,
  ResultReply_Verdict,
  type ArtifactServiceServer,
  type ControlMessage,
  type Hello,
  type Lease,
  type NodeMessage,
  type NodeServiceServer,
  type Result,
  type ResultReply,
  type ShardSpec,
  type UploadMessage,
} from "@motif/proto";

type NodeStream = ServerDuplexStream<NodeMessage, ControlMessage>;
type Said = NonNullable<NodeMessage["body"]>;

type SaidValues = { [Each in Said as Each["$case"]]: Each["value"] };

export interface TestControlPlane {
  readonly address: string;
  /** Everything that nodes said, in order. */
  readonly said: readonly Said[];
  readonly hellos: readonly Hello[];
  /** Most leases that were out without an end, over all time. */
  mostLeased(): number;
  /** Leases that are granted when there is credit. */
  enqueue(...shards: readonly Partial<Lease>[]): void;
  send(body: NonNullable<ControlMessage["body"]>): void;
  /** Resolves with the first thing of a kind that was said, or will be. */
  heard<Case extends Said["$case"]>(kind: Case): Promise<SaidValues[Case]>;
  /** Breaks every connection; nodes may come again. */
  breakStreams(): void;
  /** Answers heartbeats no more, or again. */
  setAnswering(isAnswering: boolean): void;
  /** What results are answered with; null sends nothing. */
  setVerdict(verdict: (result: Result) => ResultReply_Verdict | null): void;
  refuse(code: status, details: string): void;
  readonly artifacts: Map<string, Buffer>;
  /** Bytes of uploads that were broken off. */
  readonly partial: Map<string, Buffer>;
  /** Offsets that uploads and downloads began at. */
  readonly offsets: number[];
  /** Breaks the next transfers after so many bytes. */
  breakTransfersAfter(bytes: number, times: number): void;
  /** Changes a byte of the next downloads. */
  corruptDownloads(times: number): void;
  close(): Promise<void>;
}

export function noopShard(waitMs: number): Partial<Lease> {
  const spec: ShardSpec = { kind: { $case: "noop", value: { waitMs } } };
  return { spec };
}

export async function startTestControlPlane(
  options: {
    readonly heartbeatIntervalMs?: number;
    readonly fenceAfterMs?: number;
    readonly port?: number;
  } = {},
): Promise<TestControlPlane> {
  const { heartbeatIntervalMs = 50, fenceAfterMs = 5_000, port = 0 } = options;
  const events = new EventEmitter();
  events.setMaxListeners(0);
  const said: Said[] = [];
  const hellos: Hello[] = [];
  const streams = new Set<NodeStream>();
  const queue: Lease[] = [];
  const open = new Map<string, Lease>();
  const artifacts = new Map<string, Buffer>();
  const partial = new Map<string, Buffer>();
  const offsets: number[] = [];
  let credit = 0;
  let mostLeased = 0;
  let isAnswering = true;
  let verdictOf: (result: Result) => ResultReply_Verdict | null = () =>
    ResultReply_Verdict.VERDICT_STORED;
  let refusal: { code: status; details: string } | null = null;
  let breaks = { bytes: 0, times: 0 };
  let corruptions = 0;

  const say = (body: NonNullable<ControlMessage["body"]>) => {
    for (const stream of streams) stream.write({ body });
  };
  const grant = () => {
    const leases = queue.splice(0, streams.size > 0 ? credit : 0);
    if (leases.length === 0) return;
    credit -= leases.length;
    for (const lease of leases) open.set(lease.leaseId, lease);
    mostLeased = Math.max(mostLeased, open.size);
    say({ $case: "leases", value: { leases } });
  };
  const receive = (stream: NodeStream, body: Said) => {
    switch (body.$case) {
      case "hello":
        hellos.push(body.value);
        if (refusal || body.value.protocolVersion !== protocolVersion) {
          stream.emit("error", refusal ?? { code: status.FAILED_PRECONDITION });
          return;
        }
        streams.add(stream);
        credit = 0;
        say({
          $case: "welcome",
          value: {
            replicaId: "test",
            heartbeatIntervalMs,
            fenceAfterMs,
            goneLeaseIds: body.value.heldLeaseIds.filter((id) => !open.has(id)),
          },
        });
        break;
      case "credit":
        credit += body.value.leases;
        break;
      case "heartbeat":
        if (isAnswering)
          say({
            $case: "heartbeatReply",
            value: { sequence: body.value.sequence, goneLeaseIds: [] },
          });
        break;
      case "results": {
        const replies: ResultReply[] = [];
        for (const result of body.value.results) {
          const verdict = verdictOf(result);
          if (verdict === null) continue;
          const { leaseId } = result;
          open.delete(leaseId);
          replies.push({ leaseId, verdict, reason: "as the test wants it" });
        }
        if (replies.length > 0)
          say({ $case: "resultReplies", value: { replies } });
        break;
      }
      case "failure":
      case "yield":
        open.delete(body.value.leaseId);
        break;
      default:
    }
    said.push(body);
    events.emit("said", body);
    grant();
  };

  const nodes: NodeServiceServer = {
    connect(stream) {
      stream.on("data", ({ body }: NodeMessage) => {
        if (body) receive(stream, body);
      });
      const leave = () => streams.delete(stream);
      stream.on("end", () => {
        leave();
        stream.end();
      });
      stream.on("cancelled", leave);
      stream.on("error", leave);
    },
  };
  const takesBreak = () => breaks.times > 0 && breaks.times-- > 0;
  const store: ArtifactServiceServer = {
    find(call, callback) {
      callback(null, {
        artifacts: call.request.sha256.map((sha256) => ({
          sha256,
          isComplete: artifacts.has(sha256),
          bytes: (artifacts.get(sha256) ?? partial.get(sha256))?.length ?? 0,
        })),
      });
    },
    download(call) {
      const { sha256, offset } = call.request;
      offsets.push(offset);
      const whole = artifacts.get(sha256);
      if (!whole) {
        call.emit("error", { code: status.NOT_FOUND, details: "not here" });
        return;
      }
      const data = Buffer.from(whole.subarray(offset));
      if (corruptions > 0) {
        corruptions--;
        data[data.length - 1] ^= 1;
      }
      if (takesBreak()) {
        call.write({ data: data.subarray(0, breaks.bytes) }, () =>
          call.emit("error", { code: status.UNAVAILABLE, details: "broken" }),
        );
        return;
      }
      for (let at = 0; at < data.length; at += 65_536)
        call.write({ data: data.subarray(at, at + 65_536) });
      call.end();
    },
    upload(call, callback) {
      let name = "";
      let taken = Buffer.alloc(0);
      const limit = takesBreak() ? breaks.bytes : Infinity;
      let isOver = false;
      call.on("data", ({ body }: UploadMessage) => {
        if (isOver || !body) return;
        if (body.$case === "header") {
          name = body.value.sha256;
          offsets.push(body.value.offset);
          taken = Buffer.from(partial.get(name) ?? []);
          return;
        }
        taken = Buffer.concat([taken, body.value.data]);
        partial.set(name, taken);
        if (taken.length < limit) return;
        isOver = true;
        callback({ code: status.UNAVAILABLE, details: "broken" });
      });
      call.on("end", () => {
        if (isOver) return;
        if (sha256(taken) !== name) {
          partial.delete(name);
          callback({ code: status.DATA_LOSS, details: "another digest" });
          return;
        }
        artifacts.set(name, taken);
        partial.delete(name);
        callback(null, { sha256: name, bytes: taken.length });
      });
    },
  };

  const server = new Server();
  server.addService(NodeServiceService, nodes);
  server.addService(ArtifactServiceService, store);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${port}`,
      ServerCredentials.createInsecure(),
      (error, at) => (error ? reject(error) : resolve(at)),
    );
  });

  return {
    address: `127.0.0.1:${bound}`,
    said,
    hellos,
    mostLeased: () => mostLeased,
    enqueue(...shards) {
      for (const shard of shards)
        queue.push({
          leaseId: randomUUID(),
          shardId: randomUUID(),
          jobId: randomUUID(),
          retryCount: 0,
          spec: undefined,
          checkpointSha256: "",
          ...shard,
        });
      grant();
    },
    send: say,
    async heard(kind) {
      const deadline = AbortSignal.timeout(20_000);
      for (;;) {
        const found = said.find(({ $case }) => $case === kind);
        if (found) return found.value as SaidValues[typeof kind];
        await once(events, "said", { signal: deadline });
      }
    },
    breakStreams() {
      for (const stream of streams) {
        streams.delete(stream);
        stream.emit("error", { code: status.UNAVAILABLE, details: "broken" });
      }
    },
    setAnswering: (value) => (isAnswering = value),
    setVerdict: (verdict) => (verdictOf = verdict),
    refuse: (code, details) => (refusal = { code, details }),
    artifacts,
    partial,
    offsets,
    breakTransfersAfter: (bytes, times) => (breaks = { bytes, times }),
    corruptDownloads: (times) => (corruptions = times),
    close: () =>
      new Promise((resolve) => {
        streams.clear();
        server.forceShutdown();
        resolve();
      }),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
