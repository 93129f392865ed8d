/**
 * A stream's events in order, each once: pushed by socket.io while it is connected, asked for by REST while it is not, and
 * where a number is missing.
 */
import { io, type Socket } from "socket.io-client";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiEvent } from "./api-types.ts";

/** Between looks by REST, while events are pushed and while they are not; milliseconds. */
const quietMs = 10_000;
const pollMs = 1_000;
/** How long a server may be away before a watcher gives up; milliseconds. */
const patienceMs = 300_000;
/** Pushed events that wait to be read; beyond, they are asked for again by REST. */
const mostWaiting = 1_000;
const pageSize = 500;

/** What there is after `after`, to the newest. */
export async function* readEvents(
  client: ApiClient,
  stream: string,
  after: number,
): AsyncGenerator<ApiEvent> {
  const base =
    stream === "cluster" ? "/api/events" : `/api/jobs/${stream}/events`;
  for (let last = after; ;) {
    const { events } = await client.get<{ events: readonly ApiEvent[] }>(
      `${base}?after=${last}&limit=${pageSize}`,
    );
    for (const event of events) {
      last = event.seq;
      yield event;
    }
    if (events.length < pageSize) return;
  }
}

export interface FeedOptions {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** Told when the server is lost and found again. */
  readonly onReachable?: (isReachable: boolean) => void;
}

/**
 * What comes after `after`, until the reader stops or the signal aborts.
 * @throws ControlPlaneError "unavailable" when the server is away for five minutes; what it refuses with
 */
export async function* followEvents(
  client: ApiClient,
  stream: string,
  after: number,
  { signal, now, onReachable }: FeedOptions,
): AsyncGenerator<ApiEvent> {
  let last = after;
  let pushed: ApiEvent[] = [];
  let wake = () => {};
  const socket = openSocket(client);
  socket.on("connect", () => {
    socket.emit("subscribe", { stream, after: last });
    wake();
  });
  socket.on("disconnect", () => wake());
  socket.on("event", (event: ApiEvent) => {
    if (event.stream !== stream || pushed.length >= mostWaiting) return;
    pushed.push(event);
    wake();
  });
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  let lookedAt = -Infinity;
  let lostAt: number | null = null;
  try {
    while (!signal.aborted) {
      const waiting = pushed.filter(({ seq }) => seq > last);
      pushed = [];
      let hasGap = false;
      for (const event of waiting) {
        if (event.seq <= last) continue;
        hasGap = event.seq > last + 1;
        if (hasGap) break;
        last = event.seq;
        yield event;
      }
      const patience = socket.connected && lostAt === null ? quietMs : pollMs;
      if (hasGap || now() - lookedAt >= patience) {
        lookedAt = now();
        try {
          for await (const event of readEvents(client, stream, last)) {
            last = event.seq;
            yield event;
          }
          if (lostAt !== null) onReachable?.(true);
          lostAt = null;
        } catch (error) {
          if (!isAway(error)) throw error;
          if (lostAt === null) onReachable?.(false);
          lostAt ??= now();
          if (now() - lostAt > patienceMs) throw error;
        }
        continue;
      }
      if (pushed.length > 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patience - (now() - lookedAt));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (signal.aborted || pushed.length > 0) wake();
      });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    socket.disconnect();
  }
}

function openSocket({ url, token }: ApiClient): Socket {
  return io(url.origin, {
    transports: ["websocket"],
    reconnectionDelayMax: 5_000,
    ...(token !== undefined && {
      auth: { token },
      extraHeaders: { authorization: `Bearer ${token}` },
    }),
  });
}

function isAway(error: unknown): boolean {
  return error instanceof ControlPlaneError && error.code === "unavailable";
}
