/**
 * Progress over socket.io. `subscribe` {stream, after?} is acknowledged with {seq}, the stream's newest number, and answered with
 * `event` messages: first what is behind `after` (default: nothing), then what comes. `unsubscribe` {stream} ends it.
 */
import {
  Inject,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayDisconnect,
} from "@nestjs/websockets";
import { z } from "zod";
import { DATABASE, type Database } from "../database/database.ts";
import { LISTENER, type Listener } from "../database/listener.ts";
import { EventFeed } from "./event-feed.ts";
import { readNewestSeq } from "./read-events.ts";

/** Streams that one connection may follow. */
const mostStreams = 64;
/** Messages that wait for a slow connection; then nothing more is read for it until they have gone. */
const mostWaiting = 256;

const stream = z.string().min(1).max(100);
const subscription = z.object({
  stream,
  after: z.number().int().nonnegative().optional(),
});
const cancellation = z.object({ stream });

/** As much of a socket.io connection as is used here. */
interface Socket {
  readonly connected: boolean;
  emit(name: string, message: unknown): unknown;
  /** Of engine.io, beneath. */
  readonly conn: {
    readonly readyState: string;
    /** Messages that the transport has not taken yet. */
    readonly writeBuffer: readonly unknown[];
    on(event: "drain" | "close", listener: () => void): unknown;
    off(event: "drain" | "close", listener: () => void): unknown;
  };
}

interface Refusal {
  /** Why, for people. */
  readonly error: string;
}

@WebSocketGateway()
export class EventsGateway
  implements OnApplicationBootstrap, OnApplicationShutdown, OnGatewayDisconnect
{
  readonly #database: Database;
  readonly #listener: Listener;
  readonly #feed: EventFeed;
  readonly #stops = new Map<Socket, Map<string, () => void>>();
  #stopListening: (() => void) | undefined;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(LISTENER) listener: Listener,
  ) {
    const logger = new Logger("Events");
    this.#database = database;
    this.#listener = listener;
    this.#feed = new EventFeed(database.pool, (error) => {
      if (!(error instanceof Gone)) logger.warn({ err: error });
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.#listener.listen(
      "motif_events",
      (payload) => this.#feed.notice(payload),
      () => this.#feed.noticeGap(),
    );
  }

  onApplicationShutdown(): void {
    this.#stopListening?.();
    for (const socket of this.#stops.keys()) this.handleDisconnect(socket);
  }

  @SubscribeMessage("subscribe")
  async subscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
  ): Promise<{ readonly seq: number } | Refusal> {
    const parsed = subscription.safeParse(message);
    if (!parsed.success)
      return { error: `subscribe: ${z.prettifyError(parsed.error)}` };
    const { stream: name, after } = parsed.data;
    let seq: number | undefined;
    try {
      seq = await readNewestSeq(this.#database.pool, name);
    } catch {
      return { error: "The database cannot be reached now. Try again." };
    }
    if (seq === undefined)
      return {
        error: `There is no stream "${name}". It is a job's id, or cluster.`,
      };
    if (!socket.connected) return { error: "The connection has gone." };
    const stops = this.#stops.get(socket) ?? new Map<string, () => void>();
    if (stops.size >= mostStreams && !stops.has(name))
      return {
        error: `One connection follows at most ${mostStreams} streams. Unsubscribe from one, or open another.`,
      };
    stops.get(name)?.();
    stops.set(
      name,
      this.#feed.follow({
        stream: name,
        after: after ?? seq,
        deliver: (event) => socket.emit("event", event),
        awaitRoom: () => awaitRoom(socket),
      }),
    );
    this.#stops.set(socket, stops);
    return { seq };
  }

  @SubscribeMessage("unsubscribe")
  unsubscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
  ): Record<string, never> | Refusal {
    const parsed = cancellation.safeParse(message);
    if (!parsed.success)
      return { error: `unsubscribe: ${z.prettifyError(parsed.error)}` };
    const stops = this.#stops.get(socket);
    stops?.get(parsed.data.stream)?.();
    stops?.delete(parsed.data.stream);
    return {};
  }

  handleDisconnect(socket: Socket): void {
    for (const stop of this.#stops.get(socket)?.values() ?? []) stop();
    this.#stops.delete(socket);
  }
}

/** The connection that room was waited for in has gone. */
class Gone extends Error {}

async function awaitRoom(socket: Socket): Promise<void> {
  const { conn } = socket;
  while (conn.readyState === "open" && conn.writeBuffer.length > mostWaiting)
    await new Promise<void>((resolve) => {
      const proceed = () => {
        conn.off("drain", proceed);
        conn.off("close", proceed);
        resolve();
      };
      conn.on("drain", proceed);
      conn.on("close", proceed);
    });
  if (conn.readyState !== "open") throw new Gone();
}
