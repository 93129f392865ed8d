import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { status as codes } from "@grpc/grpc-js";
import { ResultReply_Verdict, Revocation_Reason } from "@motif/proto";
import { afterAll, afterEach, expect, test } from "vitest";
import { startEdge, submitNoops } from "./cases/start-edge.ts";
import { noopResult, ScriptedNode } from "./cases/scripted-node.ts";

const edge = await startEdge();
afterAll(() => edge.close());

const nodes: ScriptedNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  // The next test's nodes are given the next test's shards.
  await edge.database.pool.query(
    `UPDATE "shard" SET "status" = 'CANCELLED' WHERE "status" <> 'SUCCEEDED'`,
  );
});

function newNode(
  ...[changed, address = edge.address]: [
    ConstructorParameters<typeof ScriptedNode>[1]?,
    string?,
  ]
): ScriptedNode {
  const node = new ScriptedNode(address, changed);
  nodes.push(node);
  return node;
}

const nodeRow = async (nodeId: string): Promise<unknown> =>
  (
    await edge.database.pool.query(
      `SELECT "name", "status", "slots", "backend", "instance_id" FROM "gpu_node" WHERE "id" = $1`,
      [nodeId],
    )
  ).rows[0];

const { VERDICT_STORED, VERDICT_STALE } = ResultReply_Verdict;

test("a node is greeted, noted, and gone again", async () => {
  const node = newNode({ name: "one", slots: 3 });
  const welcome = await node.greet();
  expect(welcome).toMatchObject({
    heartbeatIntervalMs: 5_000,
    fenceAfterMs: 10_000,
    goneLeaseIds: [],
  });
  expect(await nodeRow(node.hello.nodeId)).toEqual({
    name: "one",
    status: "ONLINE",
    slots: 3,
    backend: "reference",
    instance_id: node.hello.instanceId,
  });
  node.close();
  await expect
    .poll(() => nodeRow(node.hello.nodeId), { timeout: 10_000 })
    .toMatchObject({ status: "OFFLINE" });
  const { rows } = await edge.database.pool.query(
    `SELECT "type" FROM "event" WHERE "stream" = 'cluster' AND "body"->>'nodeId' = $1 ORDER BY "seq"`,
    [node.hello.nodeId],
  );
  expect(rows).toEqual([{ type: "node-online" }, { type: "node-offline" }]);
});

test("leases are given against credit, and no more than that", async () => {
  await submitNoops(edge, 5);
  const node = newNode();
  await node.greet();
  const two = await node.takeLeases(2);
  expect(two).toHaveLength(2);
  expect(two[0]).toMatchObject({
    retryCount: 0,
    checkpointSha256: "",
    spec: { kind: { $case: "noop", value: { waitMs: 0 } } },
  });
  const three = await node.takeLeases(3);
  const all = [...two, ...three];
  expect(new Set(all.map(({ shardId }) => shardId)).size).toBe(5);
  node.accept(all);
  node.sendResults(all);
  const replies = await node.hearReplies(5);
  expect(replies.map(({ verdict }) => verdict)).toEqual(
    Array.from({ length: 5 }, () => VERDICT_STORED),
  );
});

test("credit that came before the work is used when there is some", async () => {
  const node = newNode();
  await node.greet();
  const taking = node.takeLeases(3);
  await node.beat(1);
  await submitNoops(edge, 3);
  expect(await taking).toHaveLength(3);
});

test("a result that is sent again, at once or later, gets the stored answer, and there is one row", async () => {
  const jobId = await submitNoops(edge, 1);
  const node = newNode();
  await node.greet();
  const leases = await node.takeLeases(1);
  node.accept(leases);
  node.sendResults(leases);
  node.sendResults(leases);
  const replies = await node.hearReplies(2);
  node.sendResults(leases);
  replies.concat(await node.hearReplies(1)).forEach((reply) =>
    expect(reply).toMatchObject({
      leaseId: leases[0]!.leaseId,
      verdict: VERDICT_STORED,
    }),
  );
  const { rowCount } = await edge.database.pool.query(
    `SELECT 1 FROM "result" WHERE "job_id" = $1`,
    [jobId],
  );
  expect(rowCount).toBe(1);
});

test("a result for another shard, another attempt or by another node is stale", async () => {
  await submitNoops(edge, 1);
  const [node, other] = [newNode(), newNode()];
  await node.greet();
  await other.greet();
  const [lease] = await node.takeLeases(1);
  node.accept([lease!]);
  node.sendResults([
    { ...lease!, shardId: randomUUID() },
    { ...lease!, retryCount: 1 },
  ]);
  other.sendResults([lease!]);
  const replies = [
    ...(await node.hearReplies(2)),
    ...(await other.hearReplies(1)),
  ];
  for (const { verdict } of replies) expect(verdict).toBe(VERDICT_STALE);
  node.sendResults([lease!]);
  expect(await node.hearReplies(1)).toMatchObject([
    { verdict: VERDICT_STORED },
  ]);
});

test("a heartbeat's answer names the leases that are gone", async () => {
  await submitNoops(edge, 2);
  const node = newNode();
  await node.greet();
  const leases = await node.takeLeases(2);
  node.accept(leases);
  node.sendResults([leases[0]!]);
  await node.hearReplies(1);
  expect(await node.beat(7, leases)).toEqual({
    sequence: 7,
    goneLeaseIds: [leases[0]!.leaseId],
  });
});

test("a heartbeat tells how trainings go, and one that tells nonsense ends the stream", async () => {
  const jobId = await submitNoops(edge, 2);
  await edge.database.pool.query(
    "UPDATE job SET kind = 'train' WHERE id = $1",
    [jobId],
  );
  const node = newNode();
  await node.greet();
  const [trains, waits] = await node.takeLeases(2);
  node.accept([trains!, waits!]);
  const epoch = {
    epoch: 1,
    loss: 1.5,
    accuracy: 0.25,
    images: 64,
    learningRate: 0.05,
    imagesPerSecond: 320,
  };
  const beat = (sequence: number, loss: number) =>
    node.say({
      $case: "heartbeat",
      value: {
        ...{ sequence, memoryUsedBytes: 0 },
        leases: [
          {
            ...{ leaseId: trains!.leaseId, done: 0.5, checkpointSha256: "" },
            training: {
              // An older node says less of an epoch.
              epochs: [
                { ...epoch, loss },
                { epoch: 2, loss: 1, accuracy: 0.5, images: 0 },
              ],
              standing: {
                soFar: { ...epoch, epoch: 3 },
                epochs: 9,
                secondsLeft: 12.5,
              },
            },
          },
          { leaseId: waits!.leaseId, done: 0, checkpointSha256: "" },
        ],
      },
    });
  beat(1, 1.5);
  expect(await node.hear("heartbeatReply")).toEqual({
    sequence: 1,
    goneLeaseIds: [],
  });
  const rowsOf = async (table: string) =>
    (
      await edge.database.pool.query(
        `SELECT * FROM ${table} WHERE shard_id = ANY($1) ORDER BY epoch`,
        [[trains!.shardId, waits!.shardId]],
      )
    ).rows as unknown[];
  const row = {
    shard_id: trains!.shardId,
    loss: 1.5,
    accuracy: 0.25,
    learning_rate: 0.05,
    images_per_second: 320,
    images: "64",
  };
  expect(await rowsOf("training_epoch")).toEqual([
    { ...row, epoch: 1, node_id: node.hello.nodeId },
    {
      ...row,
      ...{ epoch: 2, loss: 1, accuracy: 0.5, node_id: node.hello.nodeId },
      ...{ learning_rate: null, images_per_second: null, images: "0" },
    },
  ]);
  expect(await rowsOf("training_standing")).toEqual([
    {
      ...row,
      ...{ epoch: 3, epochs: 9, seconds_left: 12.5 },
      lease_id: trains!.leaseId,
    },
  ]);
  beat(2, Number.NaN);
  expect(await node.status).toMatchObject({
    code: codes.INVALID_ARGUMENT,
    details: expect.stringContaining(
      "leases[0].training.epochs[0].loss",
    ) as string,
  });
});

test("a failed shard and a yielded one are tried again", async () => {
  await submitNoops(edge, 2);
  const node = newNode();
  await node.greet();
  const [failing, yielding] = await node.takeLeases(2);
  node.accept([failing!, yielding!]);
  const { sha256: checkpointSha256 } = await edge.store.put(
    Readable.from([Buffer.from("checkpoint")]),
    { mediaType: "application/octet-stream" },
  );
  node.say({
    $case: "failure",
    value: { leaseId: failing!.leaseId, fault: 2, message: "no\0 memory" },
  });
  node.say({
    $case: "yield",
    value: { leaseId: yielding!.leaseId, checkpointSha256 },
  });
  const shard = async (shardId: string): Promise<unknown> =>
    (
      await edge.database.pool.query(
        `SELECT "status", "problem", "checkpoint_sha256" FROM "shard" WHERE "id" = $1`,
        [shardId],
      )
    ).rows[0];
  await expect
    .poll(() => shard(failing!.shardId))
    .toMatchObject({ status: "RETRY", problem: "no memory" });
  await expect
    .poll(() => shard(yielding!.shardId))
    .toMatchObject({ checkpoint_sha256: checkpointSha256 });
});

test("a node that reconnects keeps the leases it holds, by way of another replica too", async () => {
  await submitNoops(edge, 2);
  const node = newNode();
  await node.greet();
  const leases = await node.takeLeases(2);
  node.accept(leases);
  node.sendResults([leases[0]!]);
  await node.hearReplies(1);
  node.close();
  const replica = await edge.replica();
  const again = newNode(
    {
      ...node.hello,
      heldLeaseIds: leases.map(({ leaseId }) => leaseId),
    },
    replica.address,
  );
  expect(await again.greet()).toMatchObject({
    replicaId: replica.replicaId,
    goneLeaseIds: [leases[0]!.leaseId],
  });
  again.sendResults([leases[1]!]);
  expect(await again.hearReplies(1)).toMatchObject([
    { verdict: VERDICT_STORED },
  ]);
  await replica.close();
  expect(await again.status).toMatchObject({ code: codes.UNAVAILABLE });
});

test("a newer stream of the same process takes the older one's place", async () => {
  const older = newNode();
  await older.greet();
  const newer = newNode(older.hello);
  await newer.greet();
  expect(await older.status).toMatchObject({ code: codes.ABORTED });
  await newer.beat(1);
  expect(await nodeRow(older.hello.nodeId)).toMatchObject({
    status: "ONLINE",
  });
});

test("another process under the same id is refused while the first is there, on every replica", async () => {
  const first = newNode();
  await first.greet();
  const replica = await edge.replica();
  for (const address of [edge.address, replica.address]) {
    const second = newNode(
      { ...first.hello, instanceId: randomUUID() },
      address,
    );
    second.say({ $case: "hello", value: second.hello });
    expect(await second.status).toMatchObject({
      code: codes.ALREADY_EXISTS,
      details: expect.stringContaining(first.hello.nodeId) as string,
    });
  }
  await first.beat(1);
  first.close();
  await expect
    .poll(() => nodeRow(first.hello.nodeId))
    .toMatchObject({ status: "OFFLINE" });
  const successor = newNode({ ...first.hello, instanceId: randomUUID() });
  await successor.greet();
  await replica.close();
});

test("cancelled and paused leases are revoked where they are held", async () => {
  await submitNoops(edge, 2);
  const [node, other] = [newNode(), newNode()];
  await node.greet();
  await other.greet();
  const [lease] = await node.takeLeases(1);
  const [otherLease] = await other.takeLeases(1);
  await edge.database.pool.query(`SELECT pg_notify('motif_revoke', $1)`, [
    JSON.stringify({
      leaseIds: [lease!.leaseId, randomUUID()],
      reason: "cancelled",
    }),
  ]);
  await edge.database.pool.query(`SELECT pg_notify('motif_revoke', $1)`, [
    JSON.stringify({ leaseIds: [otherLease!.leaseId], reason: "paused" }),
  ]);
  expect(await node.hear("revocation")).toEqual({
    leaseIds: [lease!.leaseId],
    reason: Revocation_Reason.REASON_CANCELLED,
  });
  expect(await other.hear("revocation")).toEqual({
    leaseIds: [otherLease!.leaseId],
    reason: Revocation_Reason.REASON_PAUSED,
  });
});

test("a draining node gets no more, and what it says is still taken", async () => {
  await submitNoops(edge, 1);
  const node = newNode();
  await node.greet();
  const leases = await node.takeLeases(1);
  node.accept(leases);
  node.say({ $case: "credit", value: { leases: 5 } });
  node.say({ $case: "draining", value: {} });
  await node.beat(1);
  expect(await nodeRow(node.hello.nodeId)).toMatchObject({
    status: "DRAINING",
  });
  await submitNoops(edge, 1);
  const other = newNode();
  await other.greet();
  expect(await other.takeLeases(1)).toHaveLength(1);
  node.sendResults(leases);
  node.end();
  expect(await node.hearReplies(1)).toMatchObject([
    { verdict: VERDICT_STORED },
  ]);
  expect(await node.status).toMatchObject({ code: codes.OK });
});

test("a result that does not fit costs the lease, not the stream", async () => {
  await submitNoops(edge, 2);
  const node = newNode();
  await node.greet();
  const [bad, good] = await node.takeLeases(2);
  node.accept([bad!, good!]);
  node.sendResults([bad!], {
    kind: {
      $case: "inspectDataset",
      value: {
        refusal: "",
        format: "a\0b",
        digest: "",
        images: 1,
        classNames: [],
        splits: [],
        imagesByClass: [],
      },
    },
  });
  node.sendResults([good!]);
  const replies = await node.hearReplies(2);
  expect(replies.find(({ leaseId }) => leaseId === bad!.leaseId)).toMatchObject(
    {
      verdict: VERDICT_STALE,
      reason: expect.stringContaining("format") as string,
    },
  );
  expect(
    replies.find(({ leaseId }) => leaseId === good!.leaseId),
  ).toMatchObject({ verdict: VERDICT_STORED });
  const { rows } = await edge.database.pool.query(
    `SELECT "status" FROM "shard" WHERE "id" = $1`,
    [bad!.shardId],
  );
  expect(rows).toEqual([{ status: "RETRY" }]);
});

test("a result of another kind than was asked for costs the lease at once", async () => {
  await submitNoops(edge, 1);
  const node = newNode();
  await node.greet();
  const [lease] = await node.takeLeases(1);
  node.accept([lease!]);
  node.sendResults([lease!], {
    kind: {
      $case: "inspectDataset",
      value: {
        refusal: "",
        format: "idx",
        digest: "0".repeat(64),
        images: 1,
        classNames: ["a"],
        splits: [],
        imagesByClass: [],
      },
    },
  });
  expect(await node.hearReplies(1)).toMatchObject([
    {
      verdict: VERDICT_STALE,
      reason: expect.stringContaining("kind noop") as string,
    },
  ]);
  const { rows } = await edge.database.pool.query(
    `SELECT "status", "problem" FROM "shard" WHERE "id" = $1`,
    [lease!.shardId],
  );
  expect(rows).toEqual([
    {
      status: "RETRY",
      problem: expect.stringContaining("kind noop") as string,
    },
  ]);
});

test("of results in one batch, one without a kind does not take the others along", async () => {
  await submitNoops(edge, 3);
  const node = newNode();
  await node.greet();
  const leases = await node.takeLeases(3);
  node.accept(leases);
  node.say({
    $case: "results",
    value: {
      results: leases.map(({ leaseId, shardId, retryCount }, index) => ({
        leaseId,
        shardId,
        retryCount,
        result: index === 1 ? undefined : noopResult,
      })),
    },
  });
  const verdicts = new Map(
    (await node.hearReplies(3)).map(({ leaseId, verdict }) => [
      leaseId,
      verdict,
    ]),
  );
  expect(leases.map(({ leaseId }) => verdicts.get(leaseId))).toEqual([
    VERDICT_STORED,
    VERDICT_STALE,
    VERDICT_STORED,
  ]);
});
