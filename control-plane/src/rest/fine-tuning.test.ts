/** Trainings that start from a registered model: what their shards are given, and what is refused before a node is asked. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import { upload } from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

const images = fileURLToPath(
  new URL("../../../infra/demo/data", import.meta.url),
);
const manifest = { mean: [0.5] };
const digests = new Map<string, string>();

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
  await rest.request("/api/datasets", {
    method: "POST",
    body: { name: "fashion", path: images, split: "test" },
  });
  const { pool } = rest.database;
  await pool.query("UPDATE dataset SET status = 'READY', digest = 'd1'");
  for (const name of ["known", "refused"]) {
    const { sha256 } = await upload(rest, Buffer.from(`the file of ${name}`));
    digests.set(name, sha256);
    await pool.query(
      "INSERT INTO model (id, name, sha256, manifest, created_by) VALUES ($1, $2, $3, $4, 'test')",
      [randomUUID(), name, sha256, manifest],
    );
  }
  await pool.query(
    `INSERT INTO model_check (model_id, dataset_id, job_id, status, problem)
     SELECT model.id, dataset.id, (SELECT id FROM job LIMIT 1), 'REFUSED', 'it has 12 classes'
     FROM model, dataset WHERE model.name = 'refused'`,
  );
});
afterAll(() => rest.close());

const submit = <T>(fineTune?: string) =>
  rest.request<T>("/api/jobs", {
    method: "POST",
    body: {
      kind: "train",
      dataset: "fashion",
      runs: [{ name: "new", recipe: {} }],
      ...(fineTune !== undefined && { fineTune }),
    },
  });

async function startOf(jobId: string): Promise<unknown> {
  const { rows } = await rest.database.pool.query<{ start: unknown }>(
    "SELECT spec -> 'start' AS start FROM shard WHERE job_id = $1",
    [jobId],
  );
  return rows[0]!.start;
}

test("a training's shards name the model that they start from, and only then", async () => {
  const { status, body } = await submit<JobView>("known");
  expect([status, body]).toEqual([201, expect.anything()]);
  expect(body.parameters).toMatchObject({ fineTune: "known" });
  expect(await startOf(body.id)).toEqual({
    ...{ name: "known", sha256: digests.get("known"), manifest },
  });
  const anew = await submit<JobView>();
  expect(anew.status).toBe(201);
  expect(await startOf(anew.body.id)).toBeNull();
  expect(anew.body.parameters).not.toHaveProperty("fineTune");
});

test.each([
  ["that does not exist", "nobody", 404, /no model "nobody"/],
  [
    "that was refused for the data set",
    "refused",
    409,
    /"refused" was refused for this data set: it has 12 classes/,
  ],
])("a model %s is told at once", async (_, fineTune, status, message) => {
  const refused = await submit<{ readonly detail: string }>(fineTune);
  expect(refused.status).toBe(status);
  expect(refused.body.detail).toMatch(message);
});
