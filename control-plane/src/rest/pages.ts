/** Pages of lists: how many, and from where on. */
import { z } from "zod";

export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .default(100)
  .describe("Most entries that are wanted.");

/** Numbers that count up: events, shards, audit entries. */
export const position = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 53 - 1);

export const eventPage = z.strictObject({
  after: position
    .default(0)
    .describe("Number of the last event that is known."),
  limit,
});
