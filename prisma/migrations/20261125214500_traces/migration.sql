-- How each search went: {steps, loss, maskL1}. Null where its node kept no trace.
ALTER TABLE "pattern" ADD COLUMN "trace" JSONB;
