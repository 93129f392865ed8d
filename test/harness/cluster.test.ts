import { expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { waitFor } from "./wait-for.ts";

it("has a PostgreSQL that survives its postmaster's death, and that ends with the cluster", async () => {
  const cluster = await Cluster.start({ replicas: 0 });
  await cluster.query("CREATE TABLE kept (n int)");
  await cluster.query("INSERT INTO kept VALUES (7)");
  const before = cluster.postgres.pid();
  process.kill(before, "SIGKILL");
  const after = await waitFor(
    "PostgreSQL to run again",
    async () => {
      const [row] = await cluster.query<{ n: number }>("SELECT n FROM kept");
      return cluster.postgres.pid() !== before && row;
    },
    { withinMs: 30_000 },
  );
  expect(after).toEqual({ n: 7 });
  const pid = cluster.postgres.pid();
  await cluster.close();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
