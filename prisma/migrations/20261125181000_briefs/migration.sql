-- What lists show of models, without what there is of each class: with 1,000 classes that is 60 times as much, and it would be unpacked
-- for every model of a list.
ALTER TABLE "model" ADD COLUMN "brief_manifest" JSONB GENERATED ALWAYS AS ("manifest" - 'classes') STORED;
ALTER TABLE "model_check" ADD COLUMN "brief_facts" JSONB
  GENERATED ALWAYS AS ("facts" - '{classNames,canvasesByClass,searchImagesByClass}'::text[]) STORED;
