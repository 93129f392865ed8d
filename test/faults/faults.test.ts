/**
 * Nothing accepted is lost and nothing is done twice, whatever is killed, frozen or sent again in the meantime: 500 shards on
 * four nodes and two replicas, real processes, real PostgreSQL, a network of proxies.
 */
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { checkInvariants } from "../../control-plane/src/leases/check-invariants.ts";
import { Cluster } from "../harness/cluster.ts";
import { pause, waitFor } from "../harness/wait-for.ts";
import {
  isSettled,
  leasesRunningOn,
  takeoversOf,
  type Takeover,
} from "./lease-history.ts";
import { expectNothingLostOrDoubled, expectNothingHeld } from "./ledger.ts";

const workers = ["node-0", "node-1", "node-2", "node-3"];
/** Join for the freezes, so that several can be frozen at once and somebody is left to take over. */
const furtherWorkers = ["node-4", "node-5", "node-6", "node-7"];
const slots = 3;
const nodeOptions = { slots, env: { MOTIF_SEND_RESULTS_TWICE: "1" } };
/** They do not stop when their leases are over, and so send what comes too late. */
const unfencedOptions = {
  slots,
  env: { ...nodeOptions.env, MOTIF_IGNORE_FENCE: "1" },
};
/** Longer than a lease lives without a heartbeat (12 s). */
const frozenMs = 13_000;
const takenOverWithinSeconds = 20;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 2 });
  await Promise.all(
    workers.map((name) => cluster.startNode(name, nodeOptions)),
  );
}, 120_000);
afterAll(() => cluster?.close(), 60_000);

const submit = async (name: string, shards: number, waitMs: number) => {
  const job = { kind: "noop", name, shards, waitMs };
  return (await cluster.request<{ id: string }>("POST", "/api/jobs", job)).id;
};

/** Waits until work is under way on each of the nodes. @returns their leases */
const runningOn = (names: readonly string[]) =>
  waitFor(
    `shards to run on ${names.join(", ")}`,
    async () => {
      const held = names.map((name) => leasesRunningOn(cluster, name));
      const leases = await Promise.all(held);
      return leases.every(({ length }) => length > 0) && leases.flat();
    },
    { withinMs: 30_000 },
  );

/** Kills nodes in the middle of shards. @returns when their shards are elsewhere, how that went */
async function killNodes(names: readonly string[]): Promise<Takeover[]> {
  await runningOn(names);
  await Promise.all(names.map((name) => cluster.node(name).kill()));
  const killedAt = await cluster.databaseTime();
  const held = names.map((name) => leasesRunningOn(cluster, name));
  const leaseIds = (await Promise.all(held)).flat();
  return waitFor(
    `the shards of ${names.join(", ")} to run elsewhere`,
    async () => {
      const takeovers = await takeoversOf(cluster, leaseIds, killedAt);
      return takeovers.every(isSettled) && takeovers;
    },
    { withinMs: 40_000 },
  );
}

const restart = (names: readonly string[]) =>
  Promise.all(names.map((name) => cluster.startNode(name)));

const succeeded = async () =>
  Number(
    (await cluster.query<{ n: string }>(`SELECT count(*) AS n FROM result`))[0]
      ?.n,
  );

/** Waits until results are being written again, after whatever was done to the database. */
async function expectWorkGoesOn(): Promise<void> {
  const before = await waitFor("the database", succeeded, {
    withinMs: 30_000,
  });
  await waitFor(
    "further results",
    async () => (await succeeded()) > before + 5,
    {
      withinMs: 30_000,
    },
  );
}

/** @returns those of the leases whose results came too late, as the replicas tell */
function refusedLeases(leaseIds: readonly string[]): readonly string[] {
  const lines = cluster.replicas
    .flatMap(({ process }) => process.log(Infinity).split("\n"))
    .filter((line) => line.includes('"result stale"'));
  return leaseIds.filter((id) => lines.some((line) => line.includes(id)));
}

it(
  "500 shards, 6 nodes and 3 control planes and a PostgreSQL killed, 20 nodes frozen, every result sent twice: 500 results",
  { timeout: 400_000 },
  async () => {
    onTestFailed(() => console.error(cluster.logs()));
    const jobs = [
      await submit("quick", 260, 300),
      await submit("slow", 160, 4_000),
    ];
    const [first, second] = cluster.replicas;

    // Six nodes, and between them the control plane, once between a result's commit and its Ack.
    const takeovers = await killNodes(["node-0", "node-1"]);
    await first.process.kill();
    await restart(["node-0", "node-1"]);
    await first.start();
    await expectWorkGoesOn();

    takeovers.push(...(await killNodes(["node-2", "node-3"])));
    await second.process.kill();
    await second.start({ env: { MOTIF_CRASH_AFTER_COMMIT: "5" } });
    await restart(["node-2"]);
    // Somebody has to bring this replica results: the others may all be with the first.
    const { port } = second.proxy;
    const controlPlanes = [
      `127.0.0.1:${port}`,
      `127.0.0.1:${first.proxy.port}`,
    ];
    await cluster.startNode("node-3", { ...nodeOptions, controlPlanes });
    await waitFor(
      "the replica to die between a commit and its Ack",
      async () => second.process.hasEnded,
      { withinMs: 60_000 },
    );
    expect((await second.process.ended).signal).toBe("SIGKILL");
    await second.start();
    await expectWorkGoesOn();

    takeovers.push(...(await killNodes(["node-0", "node-2"])));
    await restart(["node-0", "node-2"]);
    const slowest = Math.max(...takeovers.map(({ seconds }) => seconds ?? 0));
    expect(takeovers.length).toBeGreaterThan(6);
    expect(slowest).toBeLessThanOrEqual(takenOverWithinSeconds);

    process.kill(cluster.postgres.pid(), "SIGKILL");
    await expectWorkGoesOn();

    // Frozen past their leases and woken, five at a time, four times.
    jobs.push(await submit("long", 80, 10_000));
    await Promise.all(
      furtherWorkers.map((name) => cluster.startNode(name, unfencedOptions)),
    );
    const everybody = [...workers, ...furtherWorkers];
    const outlived: string[] = [];
    for (let round = 0; round < 4; round++) {
      const chosen = Array.from(
        { length: 5 },
        (_, i) => everybody[(round * 5 + i) % everybody.length],
      );
      const leaseIds = await runningOn(chosen);
      const ofUnfenced = chosen.filter((name) => furtherWorkers.includes(name));
      outlived.push(...(await runningOn(ofUnfenced)));
      for (const name of chosen) cluster.node(name).freeze();
      await pause(frozenMs);
      for (const name of chosen) cluster.node(name).wake();
      await waitFor(
        "every lease of a frozen node to end",
        async () => {
          const open = await cluster.query(
            `SELECT FROM lease WHERE id = ANY($1) AND ended_at IS NULL`,
            [leaseIds],
          );
          return open.length === 0;
        },
        { withinMs: 20_000 },
      );
    }

    await waitFor(
      "all jobs to succeed",
      async () => {
        const rows = await cluster.query<{ status: string }>(
          `SELECT status FROM job WHERE id = ANY($1)`,
          [jobs],
        );
        return rows.every(({ status }) => status === "SUCCEEDED");
      },
      { withinMs: 120_000 },
    );
    await expectNothingLostOrDoubled(cluster, jobs, 500);
    await expectNothingHeld(cluster);
    // Of those, what a replica heard of, it refused.
    const refused = refusedLeases(outlived);
    expect(refused.length).toBeGreaterThanOrEqual(furtherWorkers.length);
    const written = await cluster.query(
      `SELECT FROM result WHERE lease_id = ANY($1)`,
      [refused],
    );
    expect(written).toEqual([]);
    expect(await checkInvariants(cluster.pool)).toEqual([]);

    // Slots are free again: as many shards as there are slots run at once.
    await submit("all slots", everybody.length * slots, 8_000);
    await waitFor(
      "every slot to be at work",
      async () =>
        (await runningOn(everybody)).length === everybody.length * slots,
      { withinMs: 60_000 },
    );
  },
);
