/** Reviews of models, their classes and patterns: who said what, and what counts. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedChange } from "../audit-log/list-changes.ts";
import type { ReviewPage } from "../models/list-reviews.ts";
import type { ModelView } from "../models/read-models.ts";
import type { ReviewEntry } from "../models/review.ts";
import {
  encodeMask,
  finishSearch,
  registerCheckedModel,
  submitSearch,
  upload,
} from "./cases/record-search.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

let rest: RunningRest;
let jobId: string;
const patternIds: string[] = [];
beforeAll(async () => {
  rest = await startRest();
  await registerCheckedModel(rest, "other", { numClasses: 3 });
  await registerCheckedModel(rest, "seen", { numClasses: 3 });
  jobId = (await submitSearch(rest, "seen")).id;
  const mask = await upload(rest, encodeMask([1], [1, 1]));
  await finishSearch(rest, jobId, () => ({
    ...{ mask, canvas: mask, topPixels: [0], kStar: 3 },
    curve: [{ k: 1, power: 0.5 }],
  }));
  const { rows } = await rest.database.pool.query<{ id: string }>(
    "SELECT id FROM pattern WHERE job_id = $1 ORDER BY target_class",
    [jobId],
  );
  patternIds.push(...rows.map(({ id }) => id));
});
afterAll(() => rest.close());

const say = (body: object, model = "seen") =>
  rest.request<ReviewEntry & { readonly detail: string }>(
    `/api/models/${model}/reviews`,
    { method: "POST", body },
  );
const read = async (query = "", model = "seen") =>
  (await rest.request<ReviewPage>(`/api/models/${model}/reviews?${query}`))
    .body;
const standing = async () =>
  (await rest.request<ModelView>("/api/models/seen")).body.review;

test("nobody has looked at a model until somebody says so; then the newest status counts", async () => {
  const unseen = { status: "unreviewed", author: null, at: null };
  expect(await standing()).toEqual(unseen);
  expect(await read()).toEqual({ standing: unseen, entries: [] });

  const first = await say({ status: "confirmed", comment: " Looks\r\nodd. " });
  expect(first).toMatchObject({
    status: 201,
    body: {
      ...{ classIndex: null, pattern: null, status: "confirmed" },
      ...{ comment: "Looks\nodd.", author: "local", isOfEarlierFile: false },
    },
  });
  // A comment alone leaves the status as it is.
  await say({ comment: "<script>alert(1)</script>" });
  expect(await standing()).toEqual({
    ...{ status: "confirmed", author: "local" },
    at: first.body.createdAt,
  });
  const second = await say({ status: "needs-work" });
  expect((await standing()).status).toBe("needs-work");
  const page = await read();
  expect(page.standing.at).toBe(second.body.createdAt);
  expect(page.entries.map(({ comment }) => comment)).toEqual([
    ...[null, "<script>alert(1)</script>", "Looks\nodd."],
  ]);
  const { body: found } = await rest.request<ModelView[]>(
    "/api/models?review=needs-work,dismissed",
  );
  expect(found.map(({ name }) => name)).toEqual(["seen"]);
});

test("a class and a pattern have their own, and the model's list has all", async () => {
  await say({ classIndex: 1, status: "dismissed" });
  const { body } = await say({ patternId: patternIds[2], comment: "A patch." });
  expect(body).toMatchObject({
    classIndex: 2,
    pattern: { id: patternIds[2], jobId, canvasIndex: 0, seed: 0 },
  });
  expect(await standing()).toMatchObject({ status: "needs-work" });
  expect(await read("classIndex=1")).toMatchObject({
    standing: { status: "dismissed" },
    entries: [{ classIndex: 1, pattern: null }],
  });
  // Of the class as a whole nothing was said.
  expect(await read("classIndex=2")).toMatchObject({
    standing: { status: "unreviewed" },
    entries: [],
  });
  expect(await read(`patternId=${patternIds[2]}`)).toMatchObject({
    standing: { status: "unreviewed" },
    entries: [{ comment: "A patch." }],
  });
  const all = (await read()).entries;
  expect(all).toHaveLength(5);
  expect((await read(`limit=2&before=${all[1]!.id}`)).entries).toEqual(
    all.slice(2, 4),
  );
});

test("what says nothing, or of something that is not there, is refused", async () => {
  for (const [body, status, said] of [
    [{}, 422, "status or a comment"],
    [{ comment: " " }, 422, "comment"],
    [{ comment: "x".repeat(4_001) }, 422, "comment"],
    [{ comment: "a\u0000b" }, 422, "control characters"],
    [{ status: "good" }, 422, "status"],
    [{ classIndex: 3, comment: "?" }, 422, "the classes 0 to 2"],
    [{ classIndex: -1, comment: "?" }, 422, "classIndex"],
    [{ classIndex: 1, patternId: patternIds[1], comment: "?" }, 422, "either"],
    [{ patternId: randomUUID(), comment: "?" }, 404, "no such pattern"],
  ] as const) {
    const { status: given, body: problem } = await say(body);
    expect([given, problem.detail]).toEqual([
      status,
      expect.stringContaining(said),
    ]);
  }
  // A pattern of another model.
  const strange = { patternId: patternIds[0], comment: "?" };
  expect((await say(strange, "other")).status).toBe(404);
  expect((await say({ comment: "?" }, "nobody")).status).toBe(404);
  expect((await say({ comment: "x".repeat(4_000) }, "other")).status).toBe(201);
});

test("each is in the audit log, and followers of the cluster are told", async () => {
  const { body: log } = await rest.request<RecordedChange[]>("/api/audit");
  const reviews = log.filter(({ action }) => action === "model.review");
  const { rows } = await rest.database.pool.query("SELECT FROM review_entry");
  expect(reviews).toHaveLength(rows.length);
  expect(reviews.at(-1)).toMatchObject({
    details: { name: "seen", status: "confirmed", hasComment: true },
  });
  const { body } = await rest.request<{ events: { type: string }[] }>(
    "/api/events?limit=1000",
  );
  expect(
    body.events.filter(({ type }) => type === "model-reviewed"),
  ).toHaveLength(rows.length);
});

test("of two at once, the one that is written last counts", async () => {
  const said = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      say({ status: i % 2 ? "confirmed" : "dismissed" }),
    ),
  );
  const newest = said
    .map(({ body }) => body)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id - a.id)[0]!;
  expect(await standing()).toEqual({
    ...{ status: newest.status, author: "local", at: newest.createdAt },
  });
});

test("a status is of the file that was looked at: another one under the name is unreviewed", async () => {
  await rest.database.pool.query(
    `UPDATE model SET sha256 = (SELECT sha256 FROM artifact WHERE sha256 <> model.sha256 LIMIT 1) WHERE name = 'seen'`,
  );
  expect((await standing()).status).toBe("unreviewed");
  const { standing: own, entries } = await read("limit=1");
  expect(own.status).toBe("unreviewed");
  expect(entries).toMatchObject([{ isOfEarlierFile: true }]);
});
