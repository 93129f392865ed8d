/** Tokens for people and for nodes, and the log of who changed what. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import { hasAdminToken } from "../auth/api-tokens.ts";
import { auditEntry } from "./administration-schemas.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
});
afterAll(() => rest.close());

const post = <T>(path: string, body: unknown) =>
  rest.request<T>(path, { method: "POST", body });

test("there is an administrator once there is a token of that scope, until it is withdrawn", async () => {
  const { pool } = rest.database;
  const create = async (scopes: string[]) =>
    (await post<{ id: string }>("/api/tokens", { name: "t", scopes, days: 1 }))
      .body.id;
  await create(["read", "write"]);
  expect(await hasAdminToken(pool)).toBe(false);
  const id = await create(["admin"]);
  expect(await hasAdminToken(pool)).toBe(true);
  for (let i = 0; i < 2; i++)
    expect(
      (await rest.request(`/api/tokens/${id}`, { method: "DELETE" })).status,
    ).toBe(204);
  expect(await hasAdminToken(pool)).toBe(false);
  for (const unknown of [randomUUID(), "1"])
    expect(
      (await rest.request(`/api/tokens/${unknown}`, { method: "DELETE" }))
        .status,
    ).toBe(404);
});

test("a join token is made for a time, and carries whom the node is to trust", async () => {
  const { status, body } = await post<{ token: string; expiresAt: string }>(
    "/api/join-tokens",
    { hours: 2 },
  );
  expect(status).toBe(201);
  const other = await post<{ token: string }>("/api/join-tokens", {});
  const parts = [body.token, other.body.token].map((token) => token.split("."));
  expect(parts[0]).toHaveLength(2);
  expect(parts[0]![0]).not.toBe(parts[1]![0]);
  expect(parts[0]![1]).toBe(parts[1]![1]);
  const { rows } = await rest.database.pool.query<{ hours: number }>(
    `SELECT extract(epoch FROM $1::timestamptz - now())::float8 / 3600 AS hours`,
    [body.expiresAt],
  );
  expect(rows[0]!.hours).toBeGreaterThan(1.9);
  expect(rows[0]!.hours).toBeLessThanOrEqual(2);
});

test("tokens that cannot be are refused, naming the field", async () => {
  const good = { name: "t", scopes: ["read"], days: 1 };
  for (const [path, body, detail] of [
    ["tokens", { ...good, name: "" }, /^name/],
    ["tokens", { ...good, scopes: [] }, /^scopes/],
    ["tokens", { ...good, scopes: ["root"] }, /^scopes\.0/],
    ["tokens", { ...good, days: 0 }, /^days/],
    ["tokens", { ...good, days: 10_000 }, /^days/],
    ["tokens", { ...good, hash: "x" }, /hash/],
    ["join-tokens", { hours: -1 }, /^hours/],
    ["join-tokens", { hours: 1e9 }, /^hours/],
  ] as const) {
    const answer = await post<{ detail: string }>(`/api/${path}`, body);
    expect([body, answer.status]).toEqual([body, 422]);
    expect(answer.body.detail).toMatch(detail);
  }
});

test("the audit log is read newest first, a page at a time, and tells no secret", async () => {
  for (let i = 0; i < 3; i++)
    await post("/api/tokens", { name: `n${i}`, scopes: ["read"], days: 1 });
  const page = async (query: string) =>
    (await rest.request<RecordedChange[]>(`/api/audit?${query}`)).body;
  const all = await page("limit=1000");
  for (const entry of all) expect(auditEntry.parse(entry)).toEqual(entry);
  expect(all.slice(0, 3).map(({ details }) => details.name)).toEqual([
    "n2",
    "n1",
    "n0",
  ]);
  const first = await page("limit=2");
  const second = await page(`limit=1000&before=${first[1]!.id}`);
  expect([...first, ...second]).toEqual(all);
  expect(JSON.stringify(all)).not.toMatch(/motif_|motif-join/);
});
