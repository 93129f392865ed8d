/** As many rows in the table of models as one likes: copies of the first, each with a check of its own that says something else. */
import type { Cluster } from "./cluster.ts";

export async function seedModels(
  cluster: Cluster,
  count: number,
): Promise<void> {
  await cluster.query(
    `WITH first AS (SELECT * FROM model ORDER BY created_at LIMIT 1),
     copies AS (
       INSERT INTO model (id, name, sha256, manifest, created_by)
       SELECT gen_random_uuid(), 'model ' || i, sha256,
              manifest || jsonb_build_object('name', 'model ' || i), created_by
       FROM first, generate_series(1, $1) AS i
       RETURNING id, name
     )
     INSERT INTO model_check (model_id, dataset_id, job_id, status, facts)
     SELECT copies.id, dataset_id, job_id, model_check.status,
            facts || jsonb_build_object('cleanAccuracy', 0.5 + (hashtext(copies.name) & 1023) / 2100.0)
     FROM copies, model_check WHERE model_check.model_id = (SELECT id FROM first)`,
    [count],
  );
}
