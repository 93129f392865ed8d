-- Trainings: a shard a model. What was trained becomes a model like any other, checked against its data set.
ALTER TABLE "job" DROP CONSTRAINT "job_kind_check";
ALTER TABLE "job" ADD CONSTRAINT "job_kind_check" CHECK ("kind" IN ('search', 'check-model', 'inspect-dataset', 'noop', 'train'));

CREATE TABLE "trained_model" (
  "shard_id" UUID PRIMARY KEY REFERENCES "shard" ON DELETE CASCADE,
  "job_id" UUID NOT NULL REFERENCES "job" ON DELETE CASCADE,
  -- Null until it is registered.
  "model_id" UUID REFERENCES "model" ON DELETE SET NULL,
  -- As the recipe's run calls it; registered under another where that was taken meanwhile.
  "name" TEXT NOT NULL,
  "sha256" TEXT NOT NULL REFERENCES "artifact",
  "manifest" JSONB NOT NULL,
  "clean_accuracy" DOUBLE PRECISION NOT NULL,
  "clean_accuracy_images" INTEGER NOT NULL,
  "attack_success_rate" DOUBLE PRECISION,
  -- [{epoch, loss, accuracy}] of the last attempt.
  "epochs" JSONB NOT NULL,
  "train_ms" DOUBLE PRECISION NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "registered_at" TIMESTAMPTZ(3)
);
CREATE INDEX "trained_model_of_job" ON "trained_model" ("job_id");
CREATE INDEX "trained_model_unregistered" ON "trained_model" ("created_at") WHERE "registered_at" IS NULL;
