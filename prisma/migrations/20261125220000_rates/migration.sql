-- What was done in the last minutes, by job and by node. Results come in the order of their times, so that a few pages of this index,
-- hardly written to, find the last of them, however many there are.
CREATE INDEX "result_of_time" ON "result" USING brin ("created_at") WITH (pages_per_range = 16, autosummarize = on);
