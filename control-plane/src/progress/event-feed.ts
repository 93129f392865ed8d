/**
 * Brings streams to whoever follows them: each follower has a cursor and is read the rows behind it, so that what was missed and
 * what is new come the same way, in order and once, whatever replica wrote it. A notification only says that there are rows.
 * A follower that is slow holds nothing but its cursor: rows are read again when it has room.
 */
import type { Queryable } from "../database/database.ts";
import { readEvents, type ProgressEvent } from "./read-events.ts";

export interface Follower {
  readonly stream: string;
  /** The last event that it has. */
  readonly after: number;
  /** Takes an event. */
  deliver(event: ProgressEvent): void;
  /** Resolves when it can take a page more; rejects when it is gone. */
  awaitRoom(): Promise<void>;
}

/** Events a read. */
const pageSize = 200;

interface Following {
  readonly follower: Follower;
  cursor: number;
  isPumping: boolean;
  /** There may be more than was read. */
  isBehind: boolean;
  isStopped: boolean;
}

export class EventFeed {
  readonly #database: Queryable;
  readonly #onFailure: (error: unknown) => void;
  readonly #byStream = new Map<string, Set<Following>>();
  /** Reads under way: followers that stand at the same place share one. */
  readonly #reads = new Map<string, Promise<readonly ProgressEvent[]>>();

  /** @param onFailure told when rows cannot be read; followers catch up with the next notification */
  constructor(database: Queryable, onFailure: (error: unknown) => void) {
    this.#database = database;
    this.#onFailure = onFailure;
  }

  /** Begins to deliver what is behind `follower.after`. @returns ends it */
  follow(follower: Follower): () => void {
    const following: Following = {
      follower,
      cursor: follower.after,
      isPumping: false,
      isBehind: false,
      isStopped: false,
    };
    const { stream } = follower;
    const others = this.#byStream.get(stream);
    if (others) others.add(following);
    else this.#byStream.set(stream, new Set([following]));
    this.#wake(following);
    return () => {
      following.isStopped = true;
      const rest = this.#byStream.get(stream);
      rest?.delete(following);
      if (rest?.size === 0) this.#byStream.delete(stream);
    };
  }

  /** @param payload `stream:seq`, the newest number of a stream */
  notice(payload: string): void {
    const split = payload.lastIndexOf(":");
    const seq = Number(payload.slice(split + 1));
    const followings = this.#byStream.get(payload.slice(0, split)) ?? [];
    for (const following of followings)
      if (!(seq <= following.cursor)) this.#wake(following);
  }

  /** Notifications may have been missed. */
  noticeGap(): void {
    for (const followings of this.#byStream.values())
      for (const following of followings) this.#wake(following);
  }

  #wake(following: Following): void {
    following.isBehind = true;
    if (following.isPumping) return;
    following.isPumping = true;
    this.#pump(following)
      .catch(this.#onFailure)
      .finally(() => (following.isPumping = false));
  }

  async #pump(following: Following): Promise<void> {
    const { follower } = following;
    while (following.isBehind && !following.isStopped) {
      following.isBehind = false;
      await follower.awaitRoom();
      const events = await this.#read(follower.stream, following.cursor);
      for (const event of events) {
        if (following.isStopped) return;
        following.cursor = event.seq;
        follower.deliver(event);
      }
      if (events.length === pageSize) following.isBehind = true;
    }
  }

  #read(stream: string, after: number): Promise<readonly ProgressEvent[]> {
    const key = `${stream}:${after}`;
    const underWay = this.#reads.get(key);
    if (underWay) return underWay;
    const read = readEvents(this.#database, stream, after, pageSize).finally(
      () => this.#reads.delete(key),
    );
    this.#reads.set(key, read);
    return read;
  }
}
