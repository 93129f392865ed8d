-- Epochs of trainings have rows of their own, written as they end: a page that is opened in the middle has those before, whichever
-- attempts and nodes they are of.
CREATE TABLE "training_epoch" (
  "shard_id" UUID NOT NULL REFERENCES "shard" ON DELETE CASCADE,
  -- From 1.
  "epoch" INTEGER NOT NULL CHECK ("epoch" >= 1),
  "loss" DOUBLE PRECISION NOT NULL,
  "accuracy" DOUBLE PRECISION NOT NULL,
  -- Null where its node did not tell it yet.
  "learning_rate" DOUBLE PRECISION,
  "images_per_second" DOUBLE PRECISION,
  -- That loss and accuracy are means over; 0 where its node did not count.
  "images" BIGINT NOT NULL,
  "node_id" UUID NOT NULL,
  PRIMARY KEY ("shard_id", "epoch")
);

-- Where a training stands in the epoch under way.
CREATE TABLE "training_standing" (
  "shard_id" UUID PRIMARY KEY REFERENCES "shard" ON DELETE CASCADE,
  -- Of the attempt that told it: once the shard has another, this counts no more.
  "lease_id" UUID NOT NULL,
  "epoch" INTEGER NOT NULL CHECK ("epoch" >= 1),
  -- That the training takes in all.
  "epochs" INTEGER NOT NULL,
  "loss" DOUBLE PRECISION NOT NULL,
  "accuracy" DOUBLE PRECISION NOT NULL,
  "learning_rate" DOUBLE PRECISION,
  "images_per_second" DOUBLE PRECISION,
  "seconds_left" DOUBLE PRECISION,
  "images" BIGINT NOT NULL
);

-- From here on only of trainings that ended before.
ALTER TABLE "trained_model" ALTER COLUMN "epochs" SET DEFAULT '[]';
