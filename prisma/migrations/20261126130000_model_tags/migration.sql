-- Words that people put on models, to find those that belong together. Lower case, so that nobody has two spellings of one.
CREATE TABLE "model_tag" (
  "model_id" UUID NOT NULL REFERENCES "model" ON DELETE CASCADE,
  "tag" TEXT NOT NULL CHECK ("tag" ~ '^[a-z0-9._-]{1,40}$'),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "created_by" TEXT NOT NULL,
  PRIMARY KEY ("model_id", "tag")
);
CREATE INDEX "model_tag_of_tag" ON "model_tag" ("tag");
