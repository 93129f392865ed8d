/** Cables that are pulled: between nodes and control plane, and between control plane and PostgreSQL. */
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { send } from "../harness/rest.ts";
import { pause, waitFor } from "../harness/wait-for.ts";
import { leasesRunningOn, takeoversOf, isSettled } from "./lease-history.ts";
import { expectNothingHeld, expectNothingLostOrDoubled } from "./ledger.ts";

const nodes = ["node-0", "node-1"];
const slots = 4;
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 2 });
  await Promise.all(nodes.map((name) => cluster.startNode(name, { slots })));
}, 120_000);
beforeEach(() => onTestFailed(() => console.error(cluster.logs())));
afterAll(() => cluster?.close(), 60_000);

const submit = async (shards: number, waitMs: number) => {
  const job = { kind: "noop", shards, waitMs };
  return (await cluster.request<{ id: string }>("POST", "/api/jobs", job)).id;
};
const finish = (job: string) =>
  waitFor(
    "the job to succeed",
    async () =>
      (await cluster.request<{ status: string }>("GET", `/api/jobs/${job}`))
        .status === "SUCCEEDED",
    { withinMs: 60_000 },
  );
const atWorkOn = (node: string) =>
  waitFor(
    `every slot of ${node} to be at work`,
    async () => {
      const leases = await leasesRunningOn(cluster, node);
      return leases.length === slots && leases;
    },
    { withinMs: 20_000 },
  );
const proxies = () => cluster.replicas.map(({ proxy }) => proxy);

describe("between nodes and control plane", () => {
  it("a short cut costs nothing: nodes dial again and keep their leases", async () => {
    const job = await submit(2 * slots, 6_000);
    const leases = (await Promise.all(nodes.map(atWorkOn))).flat();
    for (const proxy of proxies()) proxy.cut();
    await pause(2_000);
    for (const proxy of proxies()) proxy.mend();
    await finish(job);
    const outcomes = await cluster.query<{ id: string; outcome: string }>(
      `SELECT id, outcome FROM lease WHERE job_id = $1`,
      [job],
    );
    expect(outcomes.map(({ id }) => id).sort()).toEqual(leases.sort());
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(
      new Set(["SUCCEEDED"]),
    );
  });

  it("a node that hears nothing for longer than its leases live loses them; what it then says is too late", async () => {
    const [cutOff] = nodes;
    const job = await submit(2 * slots, 8_000);
    const leases = await atWorkOn(cutOff);
    const since = await cluster.databaseTime();
    // Both replicas' proxies: the other node is cut off too, and comes back in time.
    for (const proxy of proxies()) proxy.stall();
    await pause(4_000);
    cluster.node(cutOff).freeze();
    for (const proxy of proxies()) proxy.mend();
    await waitFor(
      "its shards to run elsewhere",
      async () => (await takeoversOf(cluster, leases, since)).every(isSettled),
      { withinMs: 30_000 },
    );
    cluster.node(cutOff).wake();
    await finish(job);
    await expectNothingLostOrDoubled(cluster, [job], 2 * slots);
  });

  it("a slow network of 200 ms each way changes nothing", async () => {
    for (const proxy of proxies()) proxy.delay(200);
    const job = await submit(40, 100);
    await finish(job);
    for (const proxy of proxies()) proxy.mend();
    await expectNothingLostOrDoubled(cluster, [job], 40);
    const outcomes = await cluster.query(
      `SELECT DISTINCT outcome FROM lease WHERE job_id = $1`,
      [job],
    );
    expect(outcomes).toEqual([{ outcome: "SUCCEEDED" }]);
  });
});

async function expectRefusals(address: string): Promise<void> {
  const refused = await waitFor(
    "REST to say that the database is away",
    async () => {
      const answer = await send<{ status: number }>(
        address,
        "GET",
        "/api/jobs",
      );
      return answer.status >= 500 && answer;
    },
    { withinMs: goneMs },
  );
  expect(refused.status).toBe(503);
  expect(refused.headers.get("content-type")).toContain(
    "application/problem+json",
  );
  expect(refused.body).toMatchObject({ status: 503 });
  expect((await send(address, "GET", "/api/health/ready")).status).toBe(503);
}

// 20 s outlast everything that counts time: a node's fence (10 s), a lease (12 s), a connection's keepalive (20 s with its
// timeout less often). A whole minute would show the same and cost CI twice 40 s.
const goneMs = 20_000;
describe.each(["cut", "stall"] as const)(
  "PostgreSQL gone (%s) for longer than every lease",
  (how) => {
    it(
      "afterwards everything goes on by itself with nothing lost; until then REST and health say so, where it can be known",
      { timeout: 150_000 },
      async () => {
        const jobs = [await submit(60, 200), await submit(16, 6_000)];
        await Promise.all(nodes.map(atWorkOn));
        const pids = cluster.replicas.map(({ process }) => process.pid);
        cluster.postgresProxy[how]();
        const gone = pause(goneMs);
        const { address } = cluster.replicas[0];
        const health = async (kind: "live" | "ready") =>
          (await send(address, "GET", `/api/health/${kind}`)).status;
        expect(await health("live")).toBe(200);
        // A silent network is told from a slow statement only after the statement's own time, a minute.
        if (how === "cut") await expectRefusals(address);
        await gone;
        cluster.postgresProxy.mend();

        await waitFor("health", async () => (await health("ready")) === 200, {
          withinMs: 20_000,
        });
        for (const job of jobs) await finish(job);
        await expectNothingLostOrDoubled(cluster, jobs, 76);
        await expectNothingHeld(cluster);
        expect(cluster.replicas.map(({ process }) => process.pid)).toEqual(
          pids,
        );
        expect(cluster.replicas.every(({ isRunning }) => isRunning)).toBe(true);
        expect(nodes.every((name) => !cluster.node(name).hasEnded)).toBe(true);
      },
    );
  },
);
