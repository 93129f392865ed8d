-- Evaluations: a shard a model.
ALTER TABLE "job" DROP CONSTRAINT "job_kind_check";
ALTER TABLE "job" ADD CONSTRAINT "job_kind_check" CHECK ("kind" IN ('search', 'check-model', 'inspect-dataset', 'noop', 'train', 'evaluate'));

CREATE TABLE "evaluation" (
  "shard_id" UUID PRIMARY KEY REFERENCES "shard" ON DELETE CASCADE,
  "job_id" UUID NOT NULL REFERENCES "job" ON DELETE CASCADE,
  "model_id" UUID NOT NULL REFERENCES "model",
  "dataset_id" UUID NOT NULL REFERENCES "dataset",
  -- Under all attacks together; null where none was asked for. For the list of models.
  "robust_accuracy" DOUBLE PRECISION,
  -- EvaluateResult without what there is of each class, which lists leave out.
  "brief" JSONB NOT NULL,
  -- {clean: [class], robust: [share] or null}
  "classes" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE INDEX "evaluation_of_job" ON "evaluation" ("job_id");
CREATE INDEX "evaluation_of_model" ON "evaluation" ("model_id", "created_at");
