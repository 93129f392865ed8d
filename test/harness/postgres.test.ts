import { afterAll, expect, test } from "vitest";
import { newTestDatabase, startPostgres } from "./postgres.ts";

const one = await newTestDatabase();
const other = await newTestDatabase();
afterAll(() => Promise.all([one.close(), other.close()]));

test("each test database has the schema and shares nothing with another", async () => {
  await one.pool.query(`INSERT INTO event_stream (name) VALUES ('a')`);
  const { rows } = await other.pool.query(`SELECT * FROM event_stream`);
  expect(rows).toEqual([]);
});

test("all databases are of one server", async () => {
  const { port } = await startPostgres();
  expect([new URL(one.url).port, new URL(other.url).port]).toEqual([
    String(port),
    String(port),
  ]);
});
