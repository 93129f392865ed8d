/** Numbers without gaps, in the order of commits, whoever writes and whoever gives up. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { newDatabase, type Database } from "../database/database.ts";
import { appendEvents } from "./append-events.ts";

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await newTestDatabase();
  database = newDatabase(test.pool);
}, 60_000);
afterAll(() => test.close());

const event = (stream: string, n: number) => ({
  stream,
  type: "t",
  body: { n },
});

async function read(stream: string): Promise<(readonly [number, number])[]> {
  const { rows } = await test.pool.query<{ seq: string; n: number }>(
    `SELECT seq, (body->>'n')::int AS n FROM event WHERE stream = $1 ORDER BY seq`,
    [stream],
  );
  return rows.map(({ seq, n }) => [Number(seq), n]);
}

it("events of one transaction keep their order, each stream numbered by itself", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  await database.transaction((client) =>
    appendEvents(client, [event(a, 1), event(b, 2), event(a, 3)]),
  );
  await database.transaction((client) => appendEvents(client, [event(a, 4)]));
  expect(await read(a)).toEqual([
    [1, 1],
    [2, 3],
    [3, 4],
  ]);
  expect(await read(b)).toEqual([[1, 2]]);
});

it("what is rolled back leaves no gap", async () => {
  const stream = randomUUID();
  await expect(
    database.transaction(async (client) => {
      await appendEvents(client, [event(stream, 1)]);
      throw new Error("given up");
    }),
  ).rejects.toThrow("given up");
  await database.transaction((client) =>
    appendEvents(client, [event(stream, 2)]),
  );
  expect(await read(stream)).toEqual([[1, 2]]);
});

it("writers at the same time, to the same streams in different order, neither block each other nor share a number", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      database.transaction((client) =>
        appendEvents(
          client,
          i % 2
            ? [event(a, i), event(b, i)]
            : [event(b, i), event(a, i), event(a, i)],
        ),
      ),
    ),
  );
  expect((await read(a)).map(([seq]) => seq)).toEqual(
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  expect(await read(b)).toHaveLength(40);
});

it("no events are no statement", async () => {
  await appendEvents(
    {
      query: () => {
        throw new Error("asked");
      },
    },
    [],
  );
});

it("tells the newest number of each stream, on commit", async () => {
  const stream = randomUUID();
  const listener = await test.pool.connect();
  try {
    const heard = Promise.withResolvers<string>();
    listener.on("notification", ({ payload }) => {
      if (payload?.startsWith(stream)) heard.resolve(payload);
    });
    await listener.query("LISTEN motif_events");
    await database.transaction((client) =>
      appendEvents(client, [event(stream, 1), event(stream, 2)]),
    );
    expect(await heard.promise).toBe(`${stream}:2`);
  } finally {
    listener.release(true);
  }
});
