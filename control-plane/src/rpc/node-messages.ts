/** What a node says, from the wire to plain values, each held against what can be taken. */
import { ShardFailure_Fault, type NodeMessage } from "@motif/proto";
import type {
  LeaseFailure,
  LeaseProgress,
  LeaseYield,
} from "../leases/lease-operations.ts";
import type { ConnectingNode } from "../nodes/node-registry.ts";
import type { ShardResult } from "../shards/shard-result.ts";
import { FieldViolation } from "./status.ts";
import {
  readInteger,
  readList,
  readOptionalSha256,
  readPresent,
  readShare,
  readText,
  readUuid,
  readUuids,
} from "./wire-fields.ts";
import { fromWireShardResult } from "./wire-shard-result.ts";
import { readTraining } from "./wire-training.ts";

const mostLeases = 10_000;
const mostSlots = 4_096;
const longestName = 200;
const longestMessage = 10_000;

export interface Greeting {
  readonly protocolVersion: number;
  readonly node: Omit<ConnectingNode, "address">;
  readonly heldLeaseIds: readonly string[];
}

export type NodeReport =
  | { readonly kind: "credit"; readonly leases: number }
  | { readonly kind: "accept"; readonly leaseIds: readonly string[] }
  | ({ readonly kind: "heartbeat" } & HeartbeatReport)
  | { readonly kind: "results"; readonly results: readonly ResultReport[] }
  | ({ readonly kind: "failure" } & Omit<LeaseFailure, "nodeId">)
  | ({ readonly kind: "yield" } & Omit<LeaseYield, "nodeId">)
  | { readonly kind: "draining" };

export interface HeartbeatReport {
  readonly sequence: number;
  readonly leases: readonly LeaseProgress[];
  /** Null where the node does not say. */
  readonly memoryUsedBytes: number | null;
}

export interface ResultReport {
  readonly leaseId: string;
  readonly shardId: string;
  readonly retryCount: number;
  /** What is wrong with a result costs its lease, not the stream with all the others. */
  readonly result: ShardResult | FieldViolation;
}

/** @throws FieldViolation for a first message that is no Hello, or one that does not fit */
export function readGreeting({ body }: NodeMessage): Greeting {
  if (body?.$case !== "hello")
    throw new FieldViolation(
      "body",
      `The first message is hello, not ${body?.$case ?? "one of a kind unknown here"}.`,
    );
  const hello = body.value;
  const backend = readPresent("hello.backend", hello.backend);
  return {
    protocolVersion: hello.protocolVersion,
    node: {
      nodeId: readUuid("hello.node_id", hello.nodeId),
      instanceId: readUuid("hello.instance_id", hello.instanceId),
      name: readText("hello.name", hello.name, longestName),
      version: readText("hello.version", hello.version, longestName),
      slots: readInteger("hello.slots", hello.slots, 1, mostSlots),
      backend: {
        name: readText("hello.backend.name", backend.name, longestName),
        provider: readText(
          "hello.backend.provider",
          backend.provider,
          longestName,
        ),
        threads: readInteger("hello.backend.threads", backend.threads),
      },
      memoryBytes: readBytes("hello.memory_bytes", hello.memoryBytes),
    },
    heldLeaseIds: readUuids(
      "hello.held_lease_ids",
      hello.heldLeaseIds,
      mostLeases,
    ),
  };
}

/** @throws FieldViolation */
export function readNodeReport(message: NodeMessage): NodeReport {
  const body = readPresent("body", message.body);
  switch (body.$case) {
    case "hello":
      throw new FieldViolation("body", "hello was said already.");
    case "credit":
      return {
        kind: "credit",
        leases: readInteger("credit.leases", body.value.leases, 0, mostLeases),
      };
    case "accept":
      return {
        kind: "accept",
        leaseIds: readUuids(
          "accept.lease_ids",
          body.value.leaseIds,
          mostLeases,
        ),
      };
    case "heartbeat":
      return {
        kind: "heartbeat",
        sequence: body.value.sequence,
        leases: readList(
          "heartbeat.leases",
          body.value.leases,
          mostLeases,
          (lease, at) => ({
            leaseId: readUuid(`${at}.lease_id`, lease.leaseId),
            done: readShare(`${at}.done`, lease.done),
            checkpointSha256: readOptionalSha256(
              `${at}.checkpoint_sha256`,
              lease.checkpointSha256,
            ),
            ...(lease.training && {
              training: readTraining(`${at}.training`, lease.training),
            }),
          }),
        ),
        memoryUsedBytes: readBytes(
          "heartbeat.memory_used_bytes",
          body.value.memoryUsedBytes,
        ),
      };
    case "results":
      return {
        kind: "results",
        results: readList(
          "results.results",
          body.value.results,
          mostLeases,
          (result, at) => ({
            leaseId: readUuid(`${at}.lease_id`, result.leaseId),
            shardId: readUuid(`${at}.shard_id`, result.shardId),
            retryCount: readInteger(`${at}.retry_count`, result.retryCount),
            result: tryRead(() => fromWireShardResult(result.result)),
          }),
        ),
      };
    case "failure":
      return {
        kind: "failure",
        leaseId: readUuid("failure.lease_id", body.value.leaseId),
        fault: readFault(body.value.fault),
        // A failure counts, however long-winded it is told.
        message: body.value.message
          .slice(0, longestMessage)
          .replaceAll("\0", ""),
      };
    case "yield":
      return {
        kind: "yield",
        leaseId: readUuid("yield.lease_id", body.value.leaseId),
        checkpointSha256: readOptionalSha256(
          "yield.checkpoint_sha256",
          body.value.checkpointSha256,
        ),
        ...(body.value.training && {
          training: readTraining("yield.training", body.value.training),
        }),
      };
    case "draining":
      return { kind: "draining" };
  }
}

/** @returns null for 0, which says nothing */
const readBytes = (field: string, bytes: number): number | null =>
  readInteger(field, bytes, 0, Number.MAX_SAFE_INTEGER) || null;

function readFault(fault: number): LeaseFailure["fault"] {
  switch (fault) {
    case ShardFailure_Fault.FAULT_INPUT:
      return "input";
    case ShardFailure_Fault.FAULT_NODE:
      return "node";
    default:
      throw new FieldViolation(
        "failure.fault",
        `${fault} is no fault that is known here.`,
      );
  }
}

function tryRead<Read>(read: () => Read): Read | FieldViolation {
  try {
    return read();
  } catch (error) {
    if (error instanceof FieldViolation) return error;
    throw error;
  }
}
