import { afterEach, beforeEach, expect, test } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { ReconnectingListener } from "./listener.ts";

let database: TestDatabase;
let listener: ReconnectingListener;
let troubles: string[];

beforeEach(async () => {
  database = await newTestDatabase();
  troubles = [];
  listener = new ReconnectingListener(database.url, "listener", (message) =>
    troubles.push(message),
  );
});

afterEach(async () => {
  await listener.close();
  await database.close();
});

const notify = (channel: string, payload: string) =>
  database.pool.query("SELECT pg_notify($1, $2)", [channel, payload]);

test("a subscriber hears its channel, in order, until it stops", async () => {
  const heard: string[] = [];
  const last = Promise.withResolvers<void>();
  const stop = await listener.listen("one", (payload) => heard.push(payload));
  await listener.listen("other", () => last.resolve());
  await notify("one", "a");
  await notify("one", "b");
  await notify("other", "");
  await last.promise;
  expect(heard).toEqual(["a", "b"]);
  stop();
  const again = Promise.withResolvers<void>();
  await listener.listen("end", () => again.resolve());
  await notify("one", "c");
  await notify("end", "");
  await again.promise;
  expect(heard).toEqual(["a", "b"]);
});

test("after a lost connection it listens again and tells of the gap", async () => {
  const heard: string[] = [];
  const gap = Promise.withResolvers<void>();
  const heardAgain = Promise.withResolvers<void>();
  await listener.listen(
    "one",
    (payload) => {
      heard.push(payload);
      heardAgain.resolve();
    },
    gap.resolve,
  );
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener'`,
  );
  await gap.promise;
  await notify("one", "after");
  await heardAgain.promise;
  expect(heard).toEqual(["after"]);
  expect(troubles).toEqual([
    expect.stringContaining("listens for notifications was lost"),
  ]);
});

test("an error of one subscriber is told and does not reach another", async () => {
  const heard = Promise.withResolvers<string>();
  await listener.listen("one", () => {
    throw new Error("a subscriber's own");
  });
  await listener.listen("one", heard.resolve);
  await notify("one", "x");
  expect(await heard.promise).toBe("x");
  expect(troubles).toEqual([expect.stringContaining("a subscriber's own")]);
});
