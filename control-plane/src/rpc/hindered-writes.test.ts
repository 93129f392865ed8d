/** What nodes are told while the database is away, or refuses a single entry: nothing that was not committed. */
import { ResultReply_Verdict } from "@motif/proto";
import { afterAll, afterEach, expect, test } from "vitest";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { LeaseOperations } from "../leases/lease-operations.ts";
import { startEdge, submitNoops } from "./cases/start-edge.ts";
import { ScriptedNode } from "./cases/scripted-node.ts";

/** The real operations, behind a database that can be taken away. */
let isAway = false;
let poisonous: string | undefined;
let onHindered = (): void => {};

const hinder = (leases: LeaseOperations): LeaseOperations => {
  const require = (): void => {
    if (!isAway) return;
    onHindered();
    throw new ControlPlaneError("unavailable", "The database is away.");
  };
  return {
    ...leases,
    async grantLeases(...given) {
      require();
      return leases.grantLeases(...given);
    },
    async acceptLeases(...given) {
      require();
      return leases.acceptLeases(...given);
    },
    async renewLeases(...given) {
      require();
      return leases.renewLeases(...given);
    },
    async recordEpochs(reports) {
      require();
      if (reports.some(({ leaseId }) => leaseId === poisonous))
        throw new Error("a constraint that nobody thought of");
      return leases.recordEpochs(reports);
    },
    async completeShards(results) {
      require();
      if (results.some(({ shardId }) => shardId === poisonous))
        throw new Error("a constraint that nobody thought of");
      return leases.completeShards(results);
    },
  };
};

const edge = await startEdge({}, hinder);
const nodes: ScriptedNode[] = [];
afterEach(() => {
  isAway = false;
  for (const node of nodes.splice(0)) node.close();
});
afterAll(() => edge.close());

async function newNode(): Promise<ScriptedNode> {
  const node = new ScriptedNode(edge.address);
  nodes.push(node);
  await node.greet();
  return node;
}

const stored = async (jobId: string): Promise<number> =>
  (
    await edge.database.pool.query(
      `SELECT 1 FROM "result" WHERE "job_id" = $1`,
      [jobId],
    )
  ).rowCount!;

test("results wait for the database, and are answered once they are in it", async () => {
  const jobId = await submitNoops(edge, 3);
  const node = await newNode();
  const leases = await node.takeLeases(3);
  node.accept(leases);
  await node.beat(1, leases);
  isAway = true;
  const hindered = new Promise<void>((resolve) => (onHindered = resolve));
  node.sendResults(leases);
  await hindered;
  let isAnswered = false;
  const replies = node.hearReplies(3).finally(() => (isAnswered = true));
  expect(await stored(jobId)).toBe(0);
  expect(isAnswered).toBe(false);
  isAway = false;
  for (const { verdict } of await replies)
    expect(verdict).toBe(ResultReply_Verdict.VERDICT_STORED);
  expect(await stored(jobId)).toBe(3);
});

test("heartbeats stay unanswered while the database is away; the stream stays", async () => {
  const node = await newNode();
  isAway = true;
  const hindered = new Promise<void>((resolve) => (onHindered = resolve));
  const beating = node.beat(1);
  await hindered;
  isAway = false;
  // The first answer that comes is to a heartbeat of afterwards.
  void node.beat(2).catch(() => {});
  expect(await beating).toMatchObject({ sequence: 2 });
});

test("leases are granted again when the database is back", async () => {
  isAway = true;
  const node = await newNode();
  const hindered = new Promise<void>((resolve) => (onHindered = resolve));
  const taking = node.takeLeases(2);
  await hindered;
  isAway = false;
  await submitNoops(edge, 2);
  expect(await taking).toHaveLength(2);
});

test("a result that cannot be written costs its own lease only", async () => {
  const jobId = await submitNoops(edge, 5);
  const node = await newNode();
  const leases = await node.takeLeases(5);
  node.accept(leases);
  poisonous = leases[3]!.shardId;
  node.sendResults(leases);
  const verdicts = new Map(
    (await node.hearReplies(5)).map(({ leaseId, verdict }) => [
      leaseId,
      verdict,
    ]),
  );
  const { VERDICT_STORED, VERDICT_STALE } = ResultReply_Verdict;
  expect(leases.map(({ leaseId }) => verdicts.get(leaseId))).toEqual(
    [0, 1, 2, 3, 4].map((index) =>
      index === 3 ? VERDICT_STALE : VERDICT_STORED,
    ),
  );
  expect(await stored(jobId)).toBe(4);
  const { rows } = await edge.database.pool.query(
    `SELECT "status" FROM "shard" WHERE "id" = $1`,
    [poisonous],
  );
  expect(rows).toEqual([{ status: "RETRY" }]);
});

test("epochs that cannot be written cost no heartbeat", async () => {
  await submitNoops(edge, 1);
  const node = await newNode();
  const [lease] = await node.takeLeases(1);
  node.accept([lease!]);
  poisonous = lease!.leaseId;
  const epoch = { epoch: 1, loss: 1, accuracy: 0.5, images: 0 };
  node.say({
    $case: "heartbeat",
    value: {
      ...{ sequence: 1, memoryUsedBytes: 0 },
      leases: [
        {
          ...{ leaseId: lease!.leaseId, done: 0.5, checkpointSha256: "" },
          training: { epochs: [epoch] },
        },
      ],
    },
  });
  expect(await node.hear("heartbeatReply")).toEqual({
    sequence: 1,
    goneLeaseIds: [],
  });
});
