/** Nodes that break the rules: too old, twice there, too late, or lying about their leases. Nothing that they do counts. */
import { randomUUID } from "node:crypto";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import {
  afterAll,
  beforeAll,
  beforeEach,
  expect,
  it,
  onTestFailed,
} from "vitest";
import {
  ResultReply_Verdict as Verdict,
  ShardFailure_Fault as Fault,
  type Lease,
} from "../../proto/index.ts";
import { Cluster } from "../harness/cluster.ts";
import { RawNode } from "../harness/raw-node.ts";
import { waitFor } from "../harness/wait-for.ts";

let cluster: Cluster;
const dialled: RawNode[] = [];
beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
}, 120_000);
beforeEach(() => onTestFailed(() => console.error(cluster.logs())));
afterAll(async () => {
  for (const node of dialled) node.close();
  await cluster?.close();
}, 60_000);

function dial(
  ...[hello]: [ConstructorParameters<typeof RawNode>[1]?]
): RawNode {
  const node = new RawNode(
    `127.0.0.1:${cluster.replicas[0].proxy.port}`,
    hello,
  );
  dialled.push(node);
  return node;
}

const submit = async (shards: number, waitMs = 0) => {
  const job = { kind: "noop", shards, waitMs };
  return (await cluster.request<{ id: string }>("POST", "/api/jobs", job)).id;
};
const jobStatus = async (id: string) =>
  (await cluster.request<{ status: string }>("GET", `/api/jobs/${id}`)).status;

it("of another protocol version are told which one is spoken", async () => {
  for (const protocolVersion of [0, 2]) {
    const refusal = await dial({ protocolVersion }).refusal();
    expect(refusal.code).toBe(status.FAILED_PRECONDITION);
    expect(refusal.details).toMatch(/this control plane 1\b/);
    expect(refusal.details).toContain(`protocol ${protocolVersion}`);
  }
});

it("of an id that is already there are refused, and the first goes on", async () => {
  const first = dial();
  await first.next("welcome");
  const second = dial({ nodeId: first.id });
  expect((await second.refusal()).code).toBe(status.ALREADY_EXISTS);
  first.send({
    $case: "heartbeat",
    value: { sequence: 7, leases: [], memoryUsedBytes: 0 },
  });
  expect((await first.next("heartbeatReply")).sequence).toBe(7);
  first.close();
});

it("of a copied data folder end with what to do about it", async () => {
  await cluster.startNode("original", { slots: 1 });
  const copy = join(cluster.folder, "copied-data");
  await cp(join(cluster.folder, "original-data"), copy, { recursive: true });
  const second = cluster.spawnNode("copied", { slots: 1, dataDirectory: copy });
  expect((await second.ended).status).toBe(1);
  expect(second.log()).toMatch(/another node runs|another process/i);
  expect(cluster.node("original").hasEnded).toBe(false);
  await cluster.node("original").stop();
});

it("that come back after their lease went to another write nothing", async () => {
  const job = await submit(1);
  const late = dial();
  const [lost] = await late.take(1);
  late.accept([lost]);
  // Not a heartbeat from here on.
  const heir = dial();
  heir.send({ $case: "credit", value: { leases: 1 } });
  const [lease] = (await heir.next("leases", 30_000)).leases;
  heir.accept([lease]);
  expect(lease).toMatchObject({ shardId: lost.shardId, retryCount: 1 });

  expect((await late.finish(lost)).verdict).toBe(Verdict.VERDICT_STALE);
  // Nor do they harm the lease that counts.
  late.send({
    $case: "failure",
    value: { leaseId: lost.leaseId, fault: Fault.FAULT_INPUT, message: "no" },
  });
  late.send({
    $case: "yield",
    value: { leaseId: lost.leaseId, checkpointSha256: "" },
  });
  late.send({
    $case: "heartbeat",
    value: {
      sequence: 1,
      leases: [{ leaseId: lost.leaseId, done: 1, checkpointSha256: "" }],
      memoryUsedBytes: 0,
    },
  });
  expect((await late.next("heartbeatReply")).goneLeaseIds).toEqual([
    lost.leaseId,
  ]);
  expect(await jobStatus(job)).toBe("RUNNING");

  expect((await heir.finish(lease)).verdict).toBe(Verdict.VERDICT_STORED);
  expect(await jobStatus(job)).toBe("SUCCEEDED");
  expect((await heir.finish(lease)).verdict).toBe(Verdict.VERDICT_STORED);
  expect((await late.finish(lost)).verdict).toBe(Verdict.VERDICT_STALE);
  const results = await cluster.query(
    `SELECT lease_id, node_id FROM result WHERE job_id = $1`,
    [job],
  );
  expect(results).toEqual([{ lease_id: lease.leaseId, node_id: heir.id }]);
  late.close();
  heir.close();
});

it("that forge a fence write nothing", async () => {
  const job = await submit(2);
  const node = dial();
  const leases: Lease[] = [...(await node.take(2))];
  while (leases.length < 2) leases.push(...(await node.next("leases")).leases);
  node.accept(leases);
  const [mine, other] = leases;
  const stranger = dial();
  await stranger.next("welcome");
  const forgeries = [
    await node.finish(mine, { shardId: other.shardId }),
    await node.finish(mine, { retryCount: 1 }),
    await node.finish(mine, { leaseId: randomUUID() }),
    await node.finish(mine, { shardId: randomUUID() }),
    await stranger.finish(mine),
  ];
  expect(forgeries.map(({ verdict }) => verdict)).toEqual(
    forgeries.map(() => Verdict.VERDICT_STALE),
  );
  const written = `SELECT FROM result WHERE job_id = $1`;
  expect(await cluster.query(written, [job])).toEqual([]);
  for (const lease of leases)
    expect((await node.finish(lease)).verdict).toBe(Verdict.VERDICT_STORED);
  expect(await jobStatus(job)).toBe("SUCCEEDED");
  stranger.close();
  node.close();
});

it("that take a lease and never accept it lose it to another", async () => {
  const job = await submit(1);
  const silent = dial();
  const [lost] = await silent.take(1);
  const ready = dial();
  ready.send({ $case: "credit", value: { leases: 1 } });
  const [lease] = (await ready.next("leases", 30_000)).leases;
  expect(lease.shardId).toBe(lost.shardId);
  ready.accept([lease]);
  expect((await ready.finish(lease)).verdict).toBe(Verdict.VERDICT_STORED);
  await waitFor("success", async () => (await jobStatus(job)) === "SUCCEEDED", {
    withinMs: 5_000,
  });
  silent.close();
  ready.close();
});
