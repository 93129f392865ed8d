/** Nodes as people see and drain them, with nodes that really connect. */
import { randomUUID } from "node:crypto";
import type { Lease } from "@motif/proto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { JobView } from "../jobs/job.ts";
import type { ListedNode } from "../nodes/list-nodes.ts";
import type { ProgressEvent } from "../progress/read-events.ts";
import { ScriptedNode } from "../rpc/cases/scripted-node.ts";
import { RpcEdge } from "../rpc/rpc-edge.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { listedNode } from "./nodes.controller.ts";

let rest: RunningRest;
let address: string;
beforeAll(async () => {
  rest = await startRest();
  address = `127.0.0.1:${rest.app.get(RpcEdge).port}`;
});
afterAll(() => rest.close());

const nodes: ScriptedNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  const { body } = await rest.request<JobView[]>("/api/jobs?status=RUNNING");
  for (const { id } of body)
    await rest.request(`/api/jobs/${id}/cancel`, { method: "POST" });
});

async function connect(
  changed: ConstructorParameters<typeof ScriptedNode>[1] = {},
): Promise<ScriptedNode> {
  const node = new ScriptedNode(address, changed);
  nodes.push(node);
  await node.greet();
  return node;
}

const submit = async (shards: number, name = "a job") =>
  (
    await rest.request<JobView>("/api/jobs", {
      method: "POST",
      body: { kind: "noop", shards, waitMs: 0, name },
    })
  ).body.id;

async function show({ hello }: ScriptedNode): Promise<ListedNode> {
  const { status, body } = await rest.request<ListedNode[]>("/api/nodes");
  expect(status).toBe(200);
  expect(z.array(listedNode).parse(body)).toEqual(body);
  return body.find(({ id }) => id === hello.nodeId)!;
}

const set = (what: "drain" | "undrain", id: string) =>
  rest.request<{ detail: string }>(`/api/nodes/${id}/${what}`, {
    method: "POST",
  });

const eventsOf = async (id: string) =>
  (
    await rest.request<{ events: ProgressEvent[] }>("/api/events?limit=1000")
  ).body.events
    .filter(({ body }) => body.nodeId === id)
    .map(({ type }) => type);

const finish = async (node: ScriptedNode, leases: readonly Lease[]) => {
  node.sendResults(leases);
  await node.hearReplies(leases.length);
};

test("a node is shown with its memory, what it is at, and what it has done in a minute", async () => {
  const node = await connect({ name: "ada", memoryBytes: 64 * 2 ** 30 });
  expect(await show(node)).toMatchObject({
    name: "ada",
    status: "ONLINE",
    memoryBytes: 64 * 2 ** 30,
    memoryUsedBytes: null,
    shardsPerMinute: 0,
    leases: [],
    running: 0,
    isDrained: false,
  });
  const jobId = await submit(5, "deep");
  const leases = await node.takeLeases(3);
  node.accept(leases);
  await node.beat(1, leases, 3_000_000_000);
  const shown = await show(node);
  expect(shown).toMatchObject({ running: 3, memoryUsedBytes: 3_000_000_000 });
  expect(shown.leases).toEqual(
    [0, 1, 2].map(() => ({
      jobId,
      jobName: "deep",
      shardIndex: expect.any(Number) as number,
      done: 0.5,
      grantedAt: expect.any(String) as string,
    })),
  );
  expect(new Set(shown.leases.map((lease) => lease.shardIndex)).size).toBe(3);
  await finish(node, leases.slice(0, 2));
  expect(await show(node)).toMatchObject({
    running: 1,
    shardsPerMinute: 2 / 5,
    leases: [{ jobName: "deep" }],
  });
  // A node of a version before, which says nothing of memory.
  const old = await connect();
  await old.beat(1);
  expect(await show(old)).toMatchObject({
    memoryBytes: null,
    memoryUsedBytes: null,
  });
  node.close();
  await expect
    .poll(() => show(node), { timeout: 10_000 })
    .toMatchObject({ status: "OFFLINE", memoryUsedBytes: null });
});

test("a drained node keeps what it holds and gets nothing new, until it is undrained", async () => {
  const node = await connect({ name: "grace" });
  const { nodeId } = node.hello;
  await submit(4);
  const held = await node.takeLeases(1);
  node.accept(held);
  // It has given credit for more, and may be too old to understand that it is drained.
  for (let i = 0; i < 2; i++)
    expect((await set("drain", nodeId)).status).toBe(204);
  expect(await node.hear("drain")).toEqual({ isDraining: true });
  expect(await show(node)).toMatchObject({
    status: "DRAINING",
    isDrained: true,
    running: 1,
  });
  node.say({ $case: "credit", value: { leases: 3 } });
  const other = await connect({ name: "other" });
  const rest3 = await other.takeLeases(3);
  await finish(other, rest3);
  expect(await node.beat(1, held)).toMatchObject({ goneLeaseIds: [] });
  await finish(node, held);
  const next = await submit(2);
  await finish(other, await other.takeLeases(1));
  await node.beat(2);
  expect(await show(node)).toMatchObject({ status: "DRAINING", running: 0 });

  for (let i = 0; i < 2; i++)
    expect((await set("undrain", nodeId)).status).toBe(204);
  expect(await node.hear("drain")).toEqual({ isDraining: false });
  const [lease] = (await node.hear("leases")).leases;
  expect(lease).toMatchObject({ jobId: next });
  expect(await show(node)).toMatchObject({
    status: "ONLINE",
    isDrained: false,
    running: 1,
  });
  expect(await eventsOf(nodeId)).toEqual([
    "node-online",
    "node-draining",
    "node-online",
  ]);
  const { body: changes } = await rest.request<RecordedChange[]>(
    "/api/audit?limit=100",
  );
  expect(changes.filter(({ subject }) => subject === nodeId)).toMatchObject([
    { action: "node.undrain", actor: "local", details: { name: "grace" } },
    { action: "node.drain", address: "127.0.0.1" },
  ]);
});

test("it stays drained when it connects again, and may be drained while it is away", async () => {
  const first = await connect({ name: "joan" });
  const { nodeId, instanceId } = first.hello;
  expect((await set("drain", nodeId)).status).toBe(204);
  await first.hear("drain");
  first.close();
  await expect
    .poll(() => show(first), { timeout: 10_000 })
    .toMatchObject({ status: "OFFLINE", isDrained: true });
  await submit(1);
  const again = await connect({ nodeId, instanceId, name: "joan" });
  expect(await again.hear("drain")).toEqual({ isDraining: true });
  again.say({ $case: "credit", value: { leases: 1 } });
  await again.beat(1);
  expect(await show(again)).toMatchObject({ status: "DRAINING", running: 0 });
  again.close();
  await expect
    .poll(() => show(again), { timeout: 10_000 })
    .toMatchObject({ status: "OFFLINE" });

  expect((await set("undrain", nodeId)).status).toBe(204);
  expect(await show(again)).toMatchObject({
    status: "OFFLINE",
    isDrained: false,
  });
  const third = await connect({ nodeId, instanceId, name: "joan" });
  expect(await third.takeLeases(1)).toHaveLength(1);
});

test("a node whose draining was not heard of is told with its next heartbeat", async () => {
  const node = await connect();
  // As if the notice had been lost with the listener's connection.
  await rest.database.pool.query(
    `UPDATE gpu_node SET drained_at = now(), status = 'DRAINING' WHERE id = $1`,
    [node.hello.nodeId],
  );
  await node.beat(1);
  expect(await node.hear("drain")).toEqual({ isDraining: true });
  await rest.database.pool.query(
    `UPDATE gpu_node SET drained_at = NULL, status = 'ONLINE' WHERE id = $1`,
    [node.hello.nodeId],
  );
  await node.beat(2);
  expect(await node.hear("drain")).toEqual({ isDraining: false });
});

test("unknown nodes are not found", async () => {
  for (const id of [randomUUID(), "nothing", "%00"])
    for (const what of ["drain", "undrain"] as const)
      expect(await set(what, id)).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining("There is no node") as string },
      });
});
