-- What the control plane keeps. Times are the database's; statuses are spelled as in control-plane/src/leases and jobs.

-- Bytes live in the artifact store, named by SHA-256; a row says that they are there, whole.
CREATE TABLE "artifact" (
  "sha256" TEXT PRIMARY KEY CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
  "bytes" BIGINT NOT NULL,
  "media_type" TEXT NOT NULL,
  -- A file that stays where it was registered, instead of a copy in the store.
  "external_path" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);

CREATE TABLE "dataset" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL UNIQUE,
  "path" TEXT,
  "split" TEXT,
  -- [{name, sha256, bytes}]; empty for folders that nodes see at path.
  "files" JSONB NOT NULL DEFAULT '[]',
  "status" TEXT NOT NULL DEFAULT 'CHECKING' CHECK ("status" IN ('CHECKING', 'READY', 'REFUSED')),
  "problem" TEXT,
  "format" TEXT,
  "digest" TEXT,
  "image_count" BIGINT,
  "class_names" TEXT[] NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL
);

CREATE TABLE "model" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL UNIQUE,
  "sha256" TEXT NOT NULL REFERENCES "artifact",
  -- As registered.
  "manifest" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL
);

-- A model held against a data set: refused, or ready to be searched, with the facts that planning needs.
CREATE TABLE "model_check" (
  "model_id" UUID NOT NULL REFERENCES "model" ON DELETE CASCADE,
  "dataset_id" UUID NOT NULL REFERENCES "dataset" ON DELETE CASCADE,
  "job_id" UUID NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'CHECKING' CHECK ("status" IN ('CHECKING', 'READY', 'REFUSED')),
  "problem" TEXT,
  -- CheckModelResult, as plain JSON.
  "facts" JSONB,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  PRIMARY KEY ("model_id", "dataset_id")
);

CREATE TABLE "job" (
  "id" UUID PRIMARY KEY,
  "kind" TEXT NOT NULL CHECK ("kind" IN ('search', 'check-model', 'inspect-dataset', 'noop')),
  "name" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'RUNNING' CHECK ("status" IN ('RUNNING', 'PAUSED', 'CANCELLED', 'SUCCEEDED', 'FAILED')),
  -- Share of the cluster against other jobs.
  "weight" INTEGER NOT NULL DEFAULT 1 CHECK ("weight" BETWEEN 1 AND 1000),
  "model_id" UUID REFERENCES "model",
  "dataset_id" UUID REFERENCES "dataset",
  "parameters" JSONB NOT NULL,
  "shard_count" INTEGER NOT NULL,
  "succeeded_count" INTEGER NOT NULL DEFAULT 0,
  "dead_count" INTEGER NOT NULL DEFAULT 0,
  "cancelled_count" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL,
  "finished_at" TIMESTAMPTZ(3)
);
CREATE INDEX "job_status" ON "job" ("status", "created_at");

-- How much each job has been given of the cluster (leases/fair-share.ts). Apart from the job's row, which results keep locking.
CREATE TABLE "job_share" (
  "job_id" UUID PRIMARY KEY REFERENCES "job" ON DELETE CASCADE,
  "tag" DOUBLE PRECISION NOT NULL
);

ALTER TABLE "model_check" ADD FOREIGN KEY ("job_id") REFERENCES "job";

CREATE TABLE "shard" (
  -- uuidv5 of job, model, searches and configuration.
  "id" UUID PRIMARY KEY,
  "job_id" UUID NOT NULL REFERENCES "job" ON DELETE CASCADE,
  "index" INTEGER NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'PENDING'
    CHECK ("status" IN ('PENDING', 'QUEUED', 'LEASED', 'RUNNING', 'RETRY', 'SUCCEEDED', 'DEAD', 'CANCELLED')),
  "spec" JSONB NOT NULL,
  -- The queue's job that stands for the shard; another after a yield.
  "queue_id" UUID,
  "retry_count" INTEGER NOT NULL DEFAULT 0,
  -- The lease that may write, while there is one.
  "lease_id" UUID,
  "checkpoint_sha256" TEXT,
  "done" DOUBLE PRECISION NOT NULL DEFAULT 0,
  -- What the last failure said.
  "problem" TEXT,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "shard_of_job" ON "shard" ("job_id", "index");
-- What the feeder reads, in order; and what stands in the window.
CREATE INDEX "shard_pending" ON "shard" ("job_id", "index") WHERE "status" = 'PENDING';
CREATE INDEX "shard_in_flight" ON "shard" ("job_id", "status") WHERE "status" IN ('QUEUED', 'LEASED', 'RUNNING', 'RETRY');

CREATE TABLE "gpu_node" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'OFFLINE' CHECK ("status" IN ('ONLINE', 'DRAINING', 'OFFLINE')),
  -- Of the process that is connected now, and the replica it is connected to.
  "instance_id" UUID,
  "replica_id" UUID,
  "slots" INTEGER NOT NULL DEFAULT 0,
  "backend" TEXT,
  "provider" TEXT,
  "threads" INTEGER,
  "version" TEXT,
  "address" TEXT,
  "credential_hash" TEXT,
  "revoked_at" TIMESTAMPTZ(3),
  "connected_at" TIMESTAMPTZ(3),
  "last_seen_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);

-- One attempt at a shard.
CREATE TABLE "lease" (
  "id" UUID PRIMARY KEY,
  "shard_id" UUID NOT NULL REFERENCES "shard" ON DELETE CASCADE,
  "job_id" UUID NOT NULL,
  "node_id" UUID NOT NULL,
  "replica_id" UUID NOT NULL,
  "queue_id" UUID NOT NULL,
  "retry_count" INTEGER NOT NULL,
  "granted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "accepted_at" TIMESTAMPTZ(3),
  "renewed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "ended_at" TIMESTAMPTZ(3),
  "outcome" TEXT CHECK ("outcome" IN ('SUCCEEDED', 'FAILED', 'EXPIRED', 'REFUSED', 'YIELDED', 'CANCELLED')),
  CHECK (("ended_at" IS NULL) = ("outcome" IS NULL))
) WITH (fillfactor = 80);
-- Also for all open ones. None on renewed_at: a heartbeat then changes no index, and stays on its page.
CREATE INDEX "lease_of_node" ON "lease" ("node_id") WHERE "ended_at" IS NULL;
CREATE INDEX "lease_of_shard" ON "lease" ("shard_id");
-- Dead versions are gone before scans stumble over them.
ALTER TABLE "lease" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE "shard" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- Two leases never hold one shard.
CREATE UNIQUE INDEX "lease_of_shard_open" ON "lease" ("shard_id") WHERE "ended_at" IS NULL;

-- Written once a shard, whoever sends it how often.
CREATE TABLE "result" (
  "shard_id" UUID PRIMARY KEY REFERENCES "shard" ON DELETE CASCADE,
  "job_id" UUID NOT NULL,
  "lease_id" UUID NOT NULL,
  "node_id" UUID NOT NULL,
  -- What is not in patterns: backend and times.
  "body" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE INDEX "result_of_job" ON "result" ("job_id");

CREATE TABLE "pattern" (
  "id" UUID PRIMARY KEY,
  "job_id" UUID NOT NULL REFERENCES "job" ON DELETE CASCADE,
  "shard_id" UUID NOT NULL REFERENCES "shard" ON DELETE CASCADE,
  "target_class" INTEGER NOT NULL,
  "canvas_index" INTEGER NOT NULL,
  "seed" INTEGER NOT NULL,
  "steps" INTEGER NOT NULL,
  "image_gradients" BIGINT NOT NULL,
  "mask_l1" DOUBLE PRECISION NOT NULL,
  "mask_sha256" TEXT NOT NULL REFERENCES "artifact",
  "canvas_sha256" TEXT NOT NULL REFERENCES "artifact",
  "pattern_sha256" TEXT NOT NULL REFERENCES "artifact",
  "heatmap_sha256" TEXT NOT NULL REFERENCES "artifact",
  "top_pixels" INTEGER[] NOT NULL,
  -- [{sourceClass, power, n}]
  "source_to_target" JSONB NOT NULL,
  "k_star" INTEGER,
  "wall_ms" DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX "pattern_of_job" ON "pattern" ("job_id", "target_class", "canvas_index", "seed");

CREATE TABLE "power_point" (
  "pattern_id" UUID NOT NULL REFERENCES "pattern" ON DELETE CASCADE,
  "k" INTEGER NOT NULL,
  "fraction" DOUBLE PRECISION NOT NULL,
  "power" DOUBLE PRECISION NOT NULL,
  "base_rate" DOUBLE PRECISION NOT NULL,
  "n" INTEGER NOT NULL,
  "wilson_low" DOUBLE PRECISION NOT NULL,
  "wilson_high" DOUBLE PRECISION NOT NULL,
  PRIMARY KEY ("pattern_id", "k")
);

-- Progress events: numbered without gaps in each stream, in the order in which they were committed.
CREATE TABLE "event_stream" (
  -- A job's id, or `cluster` for what belongs to none.
  "name" TEXT PRIMARY KEY,
  "last_seq" BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE "event" (
  "stream" TEXT NOT NULL REFERENCES "event_stream" ON DELETE CASCADE,
  "seq" BIGINT NOT NULL,
  "type" TEXT NOT NULL,
  "body" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  PRIMARY KEY ("stream", "seq")
);

CREATE TABLE "api_token" (
  "id" UUID PRIMARY KEY,
  "name" TEXT NOT NULL,
  -- SHA-256 of the secret: it is random and long, so a slow hash would add nothing.
  "hash" TEXT NOT NULL UNIQUE,
  "scopes" TEXT[] NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "last_used_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3)
);

CREATE TABLE "join_token" (
  "id" UUID PRIMARY KEY,
  "hash" TEXT NOT NULL UNIQUE,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "used_at" TIMESTAMPTZ(3),
  "used_by" UUID
);

-- Every change, with who and what. Never updated, never deleted.
CREATE TABLE "audit_entry" (
  "id" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "actor" TEXT NOT NULL,
  "address" TEXT,
  "action" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "details" JSONB NOT NULL DEFAULT '{}'
);
