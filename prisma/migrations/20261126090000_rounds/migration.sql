-- Trainings spread over workers: a round's shards are made when the round before is done, since they begin with what that left.
-- How many are still to come: planned, not there yet.
ALTER TABLE "job" ADD COLUMN "further_count" INTEGER NOT NULL DEFAULT 0 CHECK ("further_count" >= 0);
