/** A follower that is slow: what it has not taken yet stays in the table. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { newDatabase } from "../database/database.ts";
import { appendEvents } from "./append-events.ts";
import { EventFeed } from "./event-feed.ts";

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await newTestDatabase();
});
afterAll(() => testDatabase.close());

test("nothing is read for a follower without room, and nothing is lost to it", async () => {
  const { pool } = testDatabase;
  const stream = randomUUID();
  await newDatabase(pool).transaction((client) =>
    appendEvents(
      client,
      Array.from({ length: 1_000 }, () => ({ stream, type: "t", body: {} })),
    ),
  );
  let reads = 0;
  const counted = {
    query: (...parameters: unknown[]) => {
      reads++;
      return (pool.query as (...all: unknown[]) => unknown)(...parameters);
    },
  } as unknown as typeof pool;
  const failures: unknown[] = [];
  const feed = new EventFeed(counted, (error) => failures.push(error));
  const taken: number[] = [];
  let room = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  feed.follow({
    stream,
    after: 0,
    deliver: ({ seq }) => {
      taken.push(seq);
      if (seq === 1_000) done.resolve();
    },
    awaitRoom: () => room.promise,
  });
  for (let i = 0; i < 50; i++) feed.notice(`${stream}:1000`);
  await pool.query("SELECT 1");
  expect([reads, taken.length]).toEqual([0, 0]);
  const first = room;
  room = Promise.withResolvers();
  room.resolve();
  first.resolve();
  await done.promise;
  expect(taken).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
  // Fifty notifications are not fifty reads.
  expect(reads).toBeLessThan(10);
  expect(failures).toEqual([]);
});

test("a follower that is gone is no longer read for", async () => {
  const failures: unknown[] = [];
  const feed = new EventFeed(testDatabase.pool, (error) =>
    failures.push(error),
  );
  const gone = new Error("gone");
  const stop = feed.follow({
    stream: "cluster",
    after: 0,
    deliver: () => expect.unreachable(),
    awaitRoom: () => Promise.reject(gone),
  });
  await expect.poll(() => failures).toEqual([gone]);
  stop();
  feed.notice("cluster:1");
  feed.noticeGap();
  await testDatabase.pool.query("SELECT 1");
  expect(failures).toHaveLength(1);
});
