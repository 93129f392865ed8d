/**
 * Streams of the control plane, each event once and in order: pushed by socket.io while it is connected, read by REST where a
 * number is missing. One connection serves the whole page; whoever follows a stream gives a listener and the last number that
 * they know.
 */
import { io, type Socket } from "socket.io-client";
import { api, bodyOf } from "../api/client.ts";
import type { StreamEvent } from "./stream-event.ts";

export type LiveState =
  /** Events come as they happen. */
  | "live"
  /** The first connection is being made. */
  | "connecting"
  /** It was there and is gone; it is being tried again. */
  | "lost";

export interface StreamListener {
  onEvent(event: StreamEvent): void;
  /** From here on events come: whoever has read the state before this looks again, now and after every break. */
  onFollowing?(): void;
}

interface Following {
  last: number | null;
  readonly listeners: Set<StreamListener>;
  isFilling: boolean;
  /** A number was missing while the gap was being filled: what is read may end before it. */
  isBehind: boolean;
}

/** Events a page when filling a gap. */
const pageSize = 500;

let socket: Socket | undefined;
let state: LiveState = "connecting";
const stateListeners = new Set<() => void>();
const followed = new Map<string, Following>();

export const readLiveState = (): LiveState => state;

export function onLiveState(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of stateListeners) listener();
}

/**
 * @param after the last event that is known; null: only what is new from now on
 * @returns ends it
 */
export function followStream(
  stream: string,
  after: number | null,
  listener: StreamListener,
): () => void {
  connect();
  const known = followed.get(stream);
  if (known) {
    known.listeners.add(listener);
  } else {
    const following = {
      last: after,
      listeners: new Set([listener]),
      isFilling: false,
      isBehind: false,
    };
    followed.set(stream, following);
    if (socket?.connected) subscribe(stream, following);
  }
  return () => {
    const following = followed.get(stream);
    if (!following?.listeners.delete(listener)) return;
    if (following.listeners.size > 0) return;
    followed.delete(stream);
    socket?.emit("unsubscribe", { stream });
  };
}

/** Also where nothing is followed: the page wants to know whether the server is there. */
export function connect(): void {
  if (socket || typeof window === "undefined") return;
  socket = io({ transports: ["websocket"], reconnectionDelayMax: 5_000 });
  socket.on("connect", () => {
    setState("live");
    for (const [stream, following] of followed) subscribe(stream, following);
  });
  socket.on("disconnect", () => setState("lost"));
  socket.on("connect_error", () => setState("lost"));
  socket.on("event", take);
}

/** After logging in: the connection says anew who it is. */
export function reconnect(): void {
  socket?.disconnect().connect();
}

function subscribe(stream: string, following: Following): void {
  socket?.emit(
    "subscribe",
    { stream, ...(following.last !== null && { after: following.last }) },
    (answer: { readonly seq?: number; readonly error?: string }) => {
      if (answer.seq === undefined) return;
      following.last ??= answer.seq;
      for (const listener of following.listeners) listener.onFollowing?.();
    },
  );
}

function take(event: StreamEvent): void {
  const following = followed.get(event.stream);
  if (!following) return;
  if (following.last !== null && event.seq <= following.last) return;
  if (following.last !== null && event.seq > following.last + 1) {
    void fill(event.stream, following);
    return;
  }
  deliver(following, event);
}

function deliver(following: Following, event: StreamEvent): void {
  following.last = event.seq;
  for (const listener of following.listeners) listener.onEvent(event);
}

/** Reads what is behind the last known number until there is no more. */
async function fill(stream: string, following: Following): Promise<void> {
  following.isBehind = true;
  if (following.isFilling) return;
  following.isFilling = true;
  try {
    while (following.isBehind) {
      following.isBehind = false;
      const events = await readEvents(stream, following.last ?? 0);
      for (const event of events)
        if (event.seq === (following.last ?? 0) + 1) deliver(following, event);
      if (events.length === pageSize) following.isBehind = true;
    }
  } catch {
    // The server is away: the connection's return delivers what is missing.
  } finally {
    following.isFilling = false;
  }
}

async function readEvents(
  stream: string,
  after: number,
): Promise<readonly StreamEvent[]> {
  const query = { after, limit: pageSize };
  const { events } = await bodyOf(
    stream === "cluster"
      ? api.GET("/api/events", { params: { query } })
      : api.GET("/api/jobs/{id}/events", {
          params: { path: { id: stream }, query },
        }),
  );
  return events;
}
