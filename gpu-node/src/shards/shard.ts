/** The face of the shards: what they ask for, what comes of them, and what runs them. */
export * from "./shard-work.ts";
export { newShardRunner } from "./shard-runner.ts";
