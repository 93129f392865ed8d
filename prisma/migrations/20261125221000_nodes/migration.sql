-- What nodes have of memory, as they say; and since when a person wants one to take no work, which outlives its connections.
ALTER TABLE "gpu_node"
  ADD COLUMN "memory_bytes" BIGINT,
  ADD COLUMN "memory_used_bytes" BIGINT,
  ADD COLUMN "drained_at" TIMESTAMPTZ(3);
