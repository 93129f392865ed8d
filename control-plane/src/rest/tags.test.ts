/** Tags: put on models and taken off them, of one and of many, and what lists show by them. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { ModelView } from "../models/read-models.ts";
import { registerCheckedModel } from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

let rest: RunningRest;
const ids: Record<string, string> = {};
beforeAll(async () => {
  rest = await startRest();
  for (const name of ["one", "two", "three"])
    ids[name] = (await registerCheckedModel(rest, name, { numClasses: 3 })).id;
});
afterAll(() => rest.close());

const post = <T = { readonly detail: string }>(path: string, body: unknown) =>
  rest.request<T>(path, { method: "POST", body });
const change = (body: object) =>
  post<{ changed?: number; detail?: string }>("/api/models/tags", body);
const tagsOf = async (name: string) =>
  (await rest.request<ModelView>(`/api/models/${name}`)).body.tags;
const listed = async (query: string) =>
  (await rest.request<ModelView[]>(`/api/models?${query}`)).body.map(
    ({ name }) => name,
  );
const audit = async (action: string) =>
  (await rest.request<RecordedChange[]>("/api/audit")).body.filter(
    (entry) => entry.action === action,
  );

test("a model's tags are in lower case, once each, and in order", async () => {
  expect(await tagsOf("one")).toEqual([]);
  const { status, body } = await post<ModelView>("/api/models/one/tags", {
    tags: [" ResNet-18 ", "vendor.a", "resnet-18"],
  });
  expect(status).toBe(200);
  expect(body.tags).toEqual(["resnet-18", "vendor.a"]);
  expect(await audit("model.tag")).toMatchObject([
    {
      actor: "local",
      subject: ids.one,
      details: { name: "one", added: ["resnet-18", "vendor.a"], removed: [] },
    },
  ]);
  const removed = await rest.request<ModelView>(
    "/api/models/one/tags/RESNET-18",
    { method: "DELETE" },
  );
  expect(removed).toMatchObject({ status: 200, body: { tags: ["vendor.a"] } });
  // What changes nothing is no change.
  await post("/api/models/one/tags", { tags: ["vendor.a"] });
  expect(await audit("model.tag")).toHaveLength(2);
});

test("many change at once, or none of them", async () => {
  const done = await change({
    models: ["one", ids.two, "two"],
    add: ["batch_1"],
    remove: ["vendor.a"],
  });
  expect(done).toMatchObject({ status: 200, body: { changed: 2 } });
  expect([await tagsOf("one"), await tagsOf("two")]).toEqual([
    ["batch_1"],
    ["batch_1"],
  ]);
  const unknown = randomUUID();
  const refused = await change({ models: ["three", unknown], add: ["x"] });
  expect(refused.status).toBe(404);
  expect(refused.body.detail).toContain(unknown);
  expect(await tagsOf("three")).toEqual([]);
  const { body } = await rest.request<{ events: { type: string }[] }>(
    "/api/events?limit=1000",
  );
  expect(body.events.filter(({ type }) => type === "models-tagged")).toEqual([
    expect.objectContaining({ body: { count: 1 } }),
    expect.objectContaining({ body: { count: 1 } }),
    expect.objectContaining({ body: { count: 2 } }),
  ]);
});

test("what is no tag, no change, or too much is refused with its place", async () => {
  for (const [body, said] of [
    [{ models: ["one"], add: ["two words"] }, "add.0"],
    [{ models: ["one"], add: ["é"] }, "add.0"],
    [{ models: ["one"], add: ["x".repeat(41)] }, "add.0"],
    [{ models: ["one"] }, "name a tag"],
    [{ models: ["one"], add: ["A"], remove: ["a"] }, "remove"],
    [{ models: [], add: ["a"] }, "models"],
    [{ models: Array(1_001).fill("one"), add: ["a"] }, "models"],
  ] as const) {
    const { status, body: problem } = await change(body);
    expect([status, problem.detail]).toEqual([
      422,
      expect.stringContaining(said),
    ]);
  }
});

test("a model has fifty tags at most, however they come", async () => {
  const add = Array.from({ length: 50 }, (_, i) => `tag-${i}`);
  expect((await change({ models: ["three"], add })).status).toBe(200);
  const both = await Promise.all([
    change({ models: ["three", "two"], add: ["further"] }),
    change({ models: ["two", "three"], add: ["another"] }),
  ]);
  for (const { status, body } of both) {
    expect(status).toBe(409);
    expect(body.detail).toContain("three would have 51 tags");
  }
  expect(await tagsOf("three")).toHaveLength(50);
  const swapped = { models: ["three"], add: ["new"], remove: ["tag-1"] };
  expect((await change(swapped)).status).toBe(200);
});

test("the list has those that fit all of a filter", async () => {
  expect(await listed("")).toEqual(["one", "three", "two"]);
  expect(await listed("tag=batch_1")).toEqual(["one", "two"]);
  await change({ models: ["two"], add: ["vendor.b"] });
  expect(await listed("tag=Batch_1,vendor.b")).toEqual(["two"]);
  expect(await listed("tag=batch_1,none")).toEqual([]);
  expect(await listed("q=FASH%20tw&setting=unknown,natural")).toEqual(["two"]);
  expect(await listed("dataset=fashion&status=READY&q=one")).toEqual(["one"]);
  expect(await listed("dataset=other")).toEqual([]);
  expect(await listed("status=REFUSED")).toEqual([]);
  for (const query of ["tag=two%20words", "status=GONE", "colour=red"])
    expect((await rest.request(`/api/models?${query}`)).status).toBe(422);
});
