/** What a broken, old or hostile node sends ends its own stream with a status that says what is wrong, and nothing else. */
import { randomUUID } from "node:crypto";
import { status as codes, type StatusObject } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, Status } from "@motif/proto";
import { afterAll, afterEach, expect, test } from "vitest";
import { startEdge, submitNoops } from "./cases/start-edge.ts";
import { ScriptedNode } from "./cases/scripted-node.ts";

const edge = await startEdge();
afterAll(() => edge.close());

const nodes: ScriptedNode[] = [];
afterEach(() => {
  for (const node of nodes.splice(0)) node.close();
});

function newNode(
  changed?: ConstructorParameters<typeof ScriptedNode>[1],
): ScriptedNode {
  const node = new ScriptedNode(edge.address, changed);
  nodes.push(node);
  return node;
}

/** Which field a status complains about. */
function violatedField(status: StatusObject): string | undefined {
  const [bytes] = status.metadata.get("grpc-status-details-bin");
  const { code, details } = Status.decode(bytes as Buffer);
  expect(code).toBe(status.code);
  const bad = details.find(({ typeUrl }) =>
    typeUrl.endsWith("/google.rpc.BadRequest"),
  );
  return bad && BadRequest.decode(bad.value).fieldViolations[0]?.field;
}

async function greeted(): Promise<ScriptedNode> {
  const node = newNode();
  await node.greet();
  return node;
}

test("a node of another protocol version is told which is spoken", async () => {
  const node = newNode({ protocolVersion: 2, name: "old" });
  node.say({ $case: "hello", value: node.hello });
  const status = await node.status;
  expect(status).toMatchObject({
    code: codes.FAILED_PRECONDITION,
    details: expect.stringMatching(/old speaks protocol 2.* 1\./) as string,
  });
  const [bytes] = status.metadata.get("grpc-status-details-bin");
  const [info] = Status.decode(bytes as Buffer).details;
  expect(ErrorInfo.decode(info!.value)).toMatchObject({
    reason: "FAILED_PRECONDITION",
    domain: "motif",
  });
});

test.each([
  ["node_id", { nodeId: "node-1" }],
  ["instance_id", { instanceId: "" }],
  ["slots", { slots: 0 }],
  ["slots", { slots: 4_000_000_000 }],
  ["name", { name: "x".repeat(201) }],
  ["name", { name: "nul\0" }],
  ["backend", { backend: undefined }],
  ["held_lease_ids[1]", { heldLeaseIds: [randomUUID(), "'; DROP TABLE"] }],
])("a hello with a wrong %s is refused", async (field, changed) => {
  const node = newNode(changed);
  node.say({ $case: "hello", value: node.hello });
  const status = await node.status;
  expect(status.code).toBe(codes.INVALID_ARGUMENT);
  expect(violatedField(status)).toBe(`hello.${field}`);
});

test("the first message is hello, and there is only one", async () => {
  const rude = newNode();
  rude.say({ $case: "credit", value: { leases: 1 } });
  expect(violatedField(await rude.status)).toBe("body");
  const twice = await greeted();
  twice.say({ $case: "hello", value: twice.hello });
  expect(violatedField(await twice.status)).toBe("body");
});

test("a stream that ends without a word is told so", async () => {
  const node = newNode();
  node.end();
  expect(await node.status).toMatchObject({ code: codes.INVALID_ARGUMENT });
});

test.each<[string, Parameters<ScriptedNode["say"]>[0]]>([
  ["body", undefined],
  ["credit.leases", { $case: "credit", value: { leases: 10_001 } }],
  ["accept.lease_ids[0]", { $case: "accept", value: { leaseIds: ["1"] } }],
  ...[Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY].map(
    (done): [string, Parameters<ScriptedNode["say"]>[0]] => [
      "heartbeat.leases[0].done",
      {
        $case: "heartbeat",
        value: {
          sequence: 1,
          leases: [{ leaseId: randomUUID(), done, checkpointSha256: "" }],
          memoryUsedBytes: 0,
        },
      },
    ],
  ),
  [
    "heartbeat.leases[0].checkpoint_sha256",
    {
      $case: "heartbeat",
      value: {
        sequence: 1,
        leases: [
          { leaseId: randomUUID(), done: 0, checkpointSha256: "../../etc" },
        ],
        memoryUsedBytes: 0,
      },
    },
  ],
  [
    "results.results[0].shard_id",
    {
      $case: "results",
      value: {
        results: [
          {
            leaseId: randomUUID(),
            shardId: "",
            retryCount: 0,
            result: undefined,
          },
        ],
      },
    },
  ],
  [
    "failure.fault",
    {
      $case: "failure",
      value: { leaseId: randomUUID(), fault: 0, message: "" },
    },
  ],
])("%s of a value that cannot be taken", async (field, body) => {
  const node = await greeted();
  node.say(body);
  const status = await node.status;
  expect(status.code).toBe(codes.INVALID_ARGUMENT);
  expect(violatedField(status)).toBe(field);
});

test("credit does not add up to more than makes sense", async () => {
  const node = await greeted();
  for (let times = 0; times < 3; times++)
    node.say({ $case: "credit", value: { leases: 5_000 } });
  expect(violatedField(await node.status)).toBe("credit.leases");
});

test("leases that nobody granted are gone, stale and no reason to stop", async () => {
  await submitNoops(edge, 1);
  const node = await greeted();
  const made = {
    leaseId: randomUUID(),
    shardId: randomUUID(),
    jobId: randomUUID(),
    retryCount: 0,
    spec: undefined,
    checkpointSha256: "",
  };
  node.accept([made]);
  expect(await node.beat(1, [made])).toMatchObject({
    goneLeaseIds: [made.leaseId],
  });
  node.sendResults([made]);
  expect(await node.hearReplies(1)).toMatchObject([{ leaseId: made.leaseId }]);
  node.say({
    $case: "failure",
    value: { leaseId: made.leaseId, fault: 1, message: "made up" },
  });
  node.say({
    $case: "yield",
    value: { leaseId: made.leaseId, checkpointSha256: "" },
  });
  expect(await node.takeLeases(1)).toHaveLength(1);
});

test("after all of this the server serves", async () => {
  const node = await greeted();
  expect(await node.beat(1)).toMatchObject({ sequence: 1 });
});
