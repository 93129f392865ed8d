/**
 * What PostgreSQL notifies: one connection that listens on all channels. NOTIFY is not kept for who is not there: after a lost
 * connection subscribers are told to look for themselves.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export interface Listener {
  /**
   * Calls `onNotification` with every payload of a channel, from the moment the promise resolves.
   * @param onGap notifications may have been missed: read the rows
   * @returns stops it
   */
  listen(
    channel: string,
    onNotification: (payload: string) => void,
    onGap?: () => void,
  ): Promise<() => void>;
}

/** Nest's name for the listener. */
export const LISTENER = Symbol("Listener");

interface Subscriber {
  readonly onNotification: (payload: string) => void;
  readonly onGap: (() => void) | undefined;
}

const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** A connection that the network dropped silently is found out after this and `answerWithinMs`. */
const checkEveryMs = 10_000;
const answerWithinMs = 5_000;

export class ReconnectingListener implements Listener {
  readonly #databaseUrl: string;
  readonly #name: string;
  readonly #onTrouble: (message: string) => void;
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #closing = new AbortController();
  #client: pg.Client | null = null;
  /** Kept while there is a connection that listens to all channels. */
  #ready = Promise.withResolvers<void>();
  /** The last statement. */
  #saying: Promise<void> = Promise.resolve();
  readonly #running: Promise<void>;

  /** Connects at once, and again whenever the connection is lost. */
  constructor(
    databaseUrl: string,
    name: string,
    onTrouble: (message: string) => void,
  ) {
    this.#databaseUrl = databaseUrl;
    this.#name = name;
    this.#onTrouble = onTrouble;
    this.#running = this.#run();
  }

  async listen(
    channel: string,
    onNotification: (payload: string) => void,
    onGap?: () => void,
  ): Promise<() => void> {
    const subscriber = { onNotification, onGap };
    const subscribers = this.#channels.get(channel);
    if (subscribers) subscribers.add(subscriber);
    else this.#channels.set(channel, new Set([subscriber]));
    await this.#ready.promise;
    // Repeating a LISTEN does nothing. Should the connection be lost now, the next one begins with it and reports a gap.
    await this.#say(listenTo(channel));
    return () => {
      const rest = this.#channels.get(channel);
      rest?.delete(subscriber);
      if (rest?.size !== 0) return;
      this.#channels.delete(channel);
      void this.#say(`UNLISTEN ${pg.escapeIdentifier(channel)}`);
    };
  }

  /** One after the other: a connection takes no statement while it has another. */
  #say(statement: string): Promise<void> {
    this.#saying = this.#saying
      .then(async () => void (await this.#client?.query(statement)))
      .catch(() => {});
    return this.#saying;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#ready.resolve();
    await this.#client?.end().catch(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#connectUntilLost(() => {
          if (failures > 0) this.#tellGap();
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0)
          this.#onTrouble(
            `The connection that listens for notifications was lost (${(error as Error).message}); connecting again.`,
          );
      }
      failures++;
      const wait = Math.min(longestRetryMs, firstRetryMs * 2 ** failures);
      // Replicas that lost the same server do not come back in step.
      await sleep(wait * (0.5 + Math.random() / 2), undefined, {
        signal,
      }).catch(() => {});
    }
  }

  /** @param onReady listening to all channels now */
  async #connectUntilLost(onReady: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      application_name: this.#name,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    const lost = new Promise<never>((_resolve, reject) => {
      client.on("error", reject);
      client.on("end", () => reject(new Error("the server closed it")));
    });
    // It is also awaited below, but may be rejected before.
    lost.catch(() => {});
    client.on("notification", ({ channel, payload }) =>
      this.#tell(channel, payload ?? ""),
    );
    try {
      await client.connect();
      this.#client = client;
      for (const channel of this.#channels.keys())
        await client.query(listenTo(channel));
      onReady();
      this.#ready.resolve();
      await Promise.race([lost, this.#check(client)]);
    } finally {
      if (this.#client) this.#ready = Promise.withResolvers();
      this.#client = null;
      // Not waited for: a connection that is gone may not say goodbye.
      void client.end().catch(() => {});
    }
  }

  /** Asks for an answer now and then; throws when there is none. */
  async #check(client: pg.Client): Promise<never> {
    for (;;) {
      await sleep(checkEveryMs, undefined, { signal: this.#closing.signal });
      await client.query("SELECT 1");
    }
  }

  #tell(channel: string, payload: string): void {
    for (const { onNotification } of this.#channels.get(channel) ?? [])
      this.#guard(() => onNotification(payload));
  }

  #tellGap(): void {
    for (const subscribers of this.#channels.values())
      for (const { onGap } of subscribers) this.#guard(() => onGap?.());
  }

  /** One subscriber's error must not keep the others from hearing. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onTrouble(
        `A subscriber to notifications failed: ${(error as Error).stack ?? String(error)}`,
      );
    }
  }
}

function listenTo(channel: string): string {
  return `LISTEN ${pg.escapeIdentifier(channel)}`;
}
