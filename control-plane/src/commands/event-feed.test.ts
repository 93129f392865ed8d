import { afterAll, beforeAll, expect, it } from "vitest";
import { appendEvents } from "../progress/append-events.ts";
import { startRest, type RunningRest } from "../rest/cases/start-rest.ts";
import { newApiClient, type ApiClient } from "./api-client.ts";
import type { ApiEvent, ApiJob } from "./api-types.ts";
import { followEvents, readEvents } from "./event-feed.ts";
import { watchJob } from "./watch-job.ts";

let rest: RunningRest;
let client: ApiClient;
beforeAll(async () => {
  rest = await startRest();
  client = newApiClient({ url: rest.url });
});
afterAll(() => rest.close());

const newJob = () =>
  client.post<ApiJob>("/api/jobs", { kind: "noop", shards: 1, waitMs: 0 });

/** Numbers behind what submitting has written. */
const append = (stream: string, ...numbers: number[]) =>
  rest.database.transaction((connection) =>
    appendEvents(
      connection,
      numbers.map((number) => ({ stream, type: "test", body: { number } })),
    ),
  );

it("gives what was, by pages, and then what comes, in order and each once", async () => {
  const { id } = await newJob();
  const past = Array.from({ length: 1_203 }, (_, i) => i);
  await append(id, ...past);
  const stop = new AbortController();
  const seen: ApiEvent[] = [];
  const [{ seq: before } = { seq: 0 }] = (
    await client.get<{ events: ApiEvent[] }>(
      `/api/jobs/${id}/events?limit=1000`,
    )
  ).events
    .filter(({ type }) => type !== "test")
    .slice(-1);
  for await (const event of followEvents(client, id, before, {
    signal: stop.signal,
    now: () => performance.now(),
  })) {
    seen.push(event);
    const count = seen.length;
    if (count === 1_203) await append(id, 1_203, 1_204);
    if (count === 1_205) await append(id, 1_205);
    if (count === 1_206) stop.abort();
  }
  expect(seen.map(({ body }) => body.number)).toEqual(
    Array.from({ length: 1_206 }, (_, i) => i),
  );
  expect(seen.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 1_206 }, (_, i) => before + 1 + i),
  );
});

it("ends a watch when the job has ended, however early it began", async () => {
  const { id } = await newJob();
  const told: boolean[] = [];
  const signal = new AbortController().signal;
  const watch = {
    signal,
    now: () => performance.now(),
    onEvent: ({ type }: ApiEvent, isPast: boolean) => {
      if (type === "job-status") told.push(isPast);
    },
  };
  const watching = watchJob(client, id, watch);
  await client.post(`/api/jobs/${id}/cancel`);
  expect(await watching).toMatchObject({ id, status: "CANCELLED" });
  expect(await watchJob(client, id, watch)).toMatchObject({
    status: "CANCELLED",
  });
  expect(told.at(-1)).toBe(true);
});

it("says what the server refuses with", async () => {
  const nobody = "0198f2aa-1111-4222-8333-444455556666";
  const signal = new AbortController().signal;
  await expect(
    watchJob(client, nobody, { signal, now: () => 0 }),
  ).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringContaining(nobody) as string,
  });
  await expect(
    client.post("/api/jobs", { kind: "noop", shards: 0, waitMs: 0 }),
  ).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("shards") as string,
  });
  const events = [];
  for await (const event of readEvents(client, "cluster", 1_000_000))
    events.push(event);
  expect(events).toEqual([]);
});
