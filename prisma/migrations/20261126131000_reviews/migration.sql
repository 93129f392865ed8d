-- What people say of a model, of one of its classes, of one of its patterns. Entries are added and never changed: the newest that has a
-- status counts. They are written one after another by model, so that the order of their ids is that of their times.
CREATE TABLE "review_entry" (
  "id" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "model_id" UUID NOT NULL REFERENCES "model" ON DELETE CASCADE,
  -- Of the model's file when it was said: of another file under the same name it says nothing.
  "model_sha256" TEXT NOT NULL,
  -- Null where it is of the model as a whole.
  "class_index" INTEGER CHECK ("class_index" >= 0),
  -- The class is then the one that the pattern aims at.
  "pattern_id" UUID REFERENCES "pattern" ON DELETE CASCADE,
  "status" TEXT CHECK ("status" IN ('unreviewed', 'confirmed', 'dismissed', 'needs-work')),
  "comment" TEXT CHECK (char_length("comment") BETWEEN 1 AND 4000),
  "author" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK ("status" IS NOT NULL OR "comment" IS NOT NULL),
  CHECK ("pattern_id" IS NULL OR "class_index" IS NOT NULL)
);
CREATE INDEX "review_entry_of_model" ON "review_entry" ("model_id", "id");
CREATE INDEX "review_entry_of_pattern" ON "review_entry" ("pattern_id");
