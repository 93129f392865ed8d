-- What data sets look like. Both null before a node has inspected one, and where it was inspected before nodes drew and counted.
ALTER TABLE "dataset" ADD COLUMN "images_by_class" JSONB;
-- {height, width, perClass, classesPerSheet, sheets: [sha256]}
ALTER TABLE "dataset" ADD COLUMN "samples" JSONB;
