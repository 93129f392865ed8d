/** Progress over real sockets: what was missed, what is new, from whichever replica. */
import { randomUUID } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startRest, type RunningRest } from "../rest/cases/start-rest.ts";
import { appendEvents } from "./append-events.ts";
import type { ProgressEvent } from "./read-events.ts";

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
});
afterAll(() => rest.close());

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect();
});

interface Client {
  readonly socket: Socket;
  readonly events: ProgressEvent[];
  subscribe(message: unknown): Promise<{ seq?: number; error?: string }>;
  /** Resolves once `count` events have come. */
  await(count: number): Promise<void>;
}

async function connect(to: RunningRest = rest): Promise<Client> {
  const socket = io(to.url, { forceNew: true, transports: ["websocket"] });
  open.push(socket);
  const events: ProgressEvent[] = [];
  let look = () => {};
  socket.on("event", (event: ProgressEvent) => {
    events.push(event);
    look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return {
    socket,
    events,
    subscribe: (message) =>
      socket.timeout(5_000).emitWithAck("subscribe", message) as Promise<{
        seq?: number;
      }>,
    await: (count) =>
      new Promise((resolve) => {
        look = () => {
          if (events.length >= count) resolve();
        };
        look();
      }),
  };
}

/** By a transaction of its own, as another replica would. */
const append = (stream: string, count: number, from = 1) =>
  rest.database.transaction((client) =>
    appendEvents(
      client,
      Array.from({ length: count }, (_, i) => ({
        stream,
        type: "progress",
        body: { number: from + i },
      })),
    ),
  );

const numbersOf = ({ events }: Client) => events.map(({ seq }) => seq);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("brings what was missed, then what is new, in order and once", async () => {
  const stream = randomUUID();
  await append(stream, 450);
  const client = await connect();
  expect(await client.subscribe({ stream, after: 20 })).toEqual({ seq: 450 });
  await client.await(430);
  for (let i = 0; i < 5; i++) await append(stream, 3, 451 + 3 * i);
  await client.await(445);
  expect(numbersOf(client)).toEqual(range(21, 465));
  expect(client.events.at(-1)).toEqual({
    stream,
    seq: 465,
    type: "progress",
    body: { number: 465 },
    at: expect.any(String) as string,
  });
});

test("without a number only what is new comes", async () => {
  const stream = randomUUID();
  await append(stream, 3);
  const client = await connect();
  expect(await client.subscribe({ stream })).toEqual({ seq: 3 });
  await append(stream, 1, 4);
  await client.await(1);
  expect(numbersOf(client)).toEqual([4]);
});

test("every client has its own place in a stream", async () => {
  const stream = randomUUID();
  await append(stream, 10);
  const clients = await Promise.all(range(0, 9).map(() => connect()));
  await Promise.all(
    clients.map((client, after) => client.subscribe({ stream, after })),
  );
  await append(stream, 5, 11);
  await Promise.all(clients.map((client, after) => client.await(15 - after)));
  clients.forEach((client, after) =>
    expect(numbersOf(client)).toEqual(range(after + 1, 15)),
  );
});

test("streams do not mix, and one can be left", async () => {
  const [left, kept] = [randomUUID(), randomUUID()];
  await append(left, 1);
  await append(kept, 1);
  const client = await connect();
  await client.subscribe({ stream: left });
  await client.subscribe({ stream: kept });
  await client.socket.emitWithAck("unsubscribe", { stream: left });
  await append(left, 1, 2);
  await append(kept, 1, 2);
  await client.await(1);
  await append(kept, 1, 3);
  await client.await(2);
  expect(client.events.map(({ stream, seq }) => [stream, seq])).toEqual([
    [kept, 2],
    [kept, 3],
  ]);
});

test("the cluster's stream can be followed before anything has happened", async () => {
  const client = await connect();
  expect(await client.subscribe({ stream: "cluster", after: 0 })).toEqual({
    seq: 0,
  });
  await append("cluster", 2);
  await client.await(2);
  expect(numbersOf(client)).toEqual([1, 2]);
});

test("says what is wrong with a subscription", async () => {
  const client = await connect();
  const unknown = randomUUID();
  for (const [message, error] of [
    [{ stream: unknown }, /There is no stream/],
    [{}, /stream/],
    [{ stream: "cluster", after: -1 }, /after/],
    [undefined, /subscribe/],
    ["cluster", /subscribe/],
  ] as const)
    expect(await client.subscribe(message)).toEqual({
      error: expect.stringMatching(error) as string,
    });
  const streams = range(1, 65).map(() => randomUUID());
  await rest.database.transaction((transaction) =>
    appendEvents(
      transaction,
      streams.map((stream) => ({ stream, type: "progress", body: {} })),
    ),
  );
  const answers = [];
  for (const stream of streams)
    answers.push(await client.subscribe({ stream }));
  expect(answers.slice(0, 64).every(({ seq }) => seq === 1)).toBe(true);
  expect(answers[64]).toEqual({
    error: expect.stringContaining("at most 64 streams") as string,
  });
});

test("catches up with what was written while nobody could listen", async () => {
  const stream = randomUUID();
  await append(stream, 1);
  const client = await connect();
  await client.subscribe({ stream });
  // The listening connection is lost; what is written until there is another is found by reading.
  const { rowCount } = await rest.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ '^(LISTEN|SELECT 1$)'`,
  );
  expect(rowCount).toBeGreaterThan(0);
  await append(stream, 2, 2);
  await client.await(2);
  expect(numbersOf(client)).toEqual([2, 3]);
});

test("a client that takes nothing for a while gets everything when it does", async () => {
  const stream = randomUUID();
  await append(stream, 1);
  const client = await connect();
  const { ws } = client.socket.io.engine.transport as unknown as {
    ws: { pause(): void; resume(): void };
  };
  await client.subscribe({ stream });
  ws.pause();
  for (let i = 0; i < 5; i++) await append(stream, 1_000, 2 + 1_000 * i);
  expect(client.events).toEqual([]);
  ws.resume();
  await client.await(5_000);
  expect(numbersOf(client)).toEqual(range(2, 5_001));
});

test("the same by REST, a page at a time", async () => {
  const { body: job } = await rest.request<{ id: string }>("/api/jobs", {
    method: "POST",
    body: { kind: "noop", shards: 1, waitMs: 0 },
  });
  await append(job.id, 4);
  const page = (query: string) =>
    rest.request<{ events: ProgressEvent[] }>(
      `/api/jobs/${job.id}/events${query}`,
    );
  const first = await page("?limit=2");
  expect(first.body.events.map(({ seq, type }) => [seq, type])).toEqual([
    [1, "job-submitted"],
    [2, "progress"],
  ]);
  const rest2 = await page("?after=2");
  expect(rest2.body.events.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect((await rest.request(`/api/jobs/${randomUUID()}/events`)).status).toBe(
    404,
  );
  expect((await rest.request("/api/events?after=0")).status).toBe(200);
});
