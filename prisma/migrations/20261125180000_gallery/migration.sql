-- What galleries of models and patterns read.

-- Of a search that has succeeded: which class stands out (control-plane/src/results/summarize-searches.ts).
ALTER TABLE "job" ADD COLUMN "summary" JSONB;

CREATE INDEX "job_of_model" ON "job" ("model_id", "created_at");
CREATE INDEX "model_check_of_dataset" ON "model_check" ("dataset_id");
CREATE INDEX "pattern_of_shard" ON "pattern" ("shard_id");
