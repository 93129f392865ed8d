-- Audits: a shard a model.
ALTER TABLE "job" DROP CONSTRAINT "job_kind_check";
ALTER TABLE "job" ADD CONSTRAINT "job_kind_check" CHECK ("kind" IN ('search', 'check-model', 'inspect-dataset', 'noop', 'train', 'evaluate', 'audit'));

CREATE TABLE "model_audit" (
  "shard_id" UUID PRIMARY KEY REFERENCES "shard" ON DELETE CASCADE,
  "job_id" UUID NOT NULL REFERENCES "job" ON DELETE CASCADE,
  "model_id" UUID NOT NULL REFERENCES "model",
  "dataset_id" UUID NOT NULL REFERENCES "dataset",
  -- What it was judged by: motif, or a baseline.
  "method" TEXT NOT NULL,
  "verdict" TEXT NOT NULL CHECK ("verdict" IN ('backdoor suspected', 'no evidence found', 'inconclusive')),
  -- Of a backdoor; null where the method gives none.
  "probability" DOUBLE PRECISION,
  -- AuditResult.
  "summary" JSONB NOT NULL,
  -- audit.json without times.
  "document_sha256" TEXT NOT NULL REFERENCES "artifact",
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE INDEX "model_audit_of_job" ON "model_audit" ("job_id");
CREATE INDEX "model_audit_of_model" ON "model_audit" ("model_id", "created_at");
