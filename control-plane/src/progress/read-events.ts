/** Numbered events, as they were committed: a page of a stream, and where it stands. */
import type { Queryable } from "../database/database.ts";

export interface ProgressEvent {
  /** A job's id, or `cluster`. */
  readonly stream: string;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: string;
}

interface Row extends Omit<ProgressEvent, "seq" | "at"> {
  readonly seq: string;
  readonly created_at: Date;
}

/** What belongs to no job. */
export const clusterStream = "cluster";

/** @returns events with a number above `after`, at most `limit`, in order */
export async function readEvents(
  client: Queryable,
  stream: string,
  after: number,
  limit: number,
): Promise<readonly ProgressEvent[]> {
  const { rows } = await client.query<Row>(
    `SELECT stream, seq, type, body, created_at FROM event
     WHERE stream = $1 AND seq > $2
     ORDER BY seq
     LIMIT $3`,
    [stream, after, limit],
  );
  return rows.map(({ seq, type, body, created_at }) => ({
    stream,
    seq: Number(seq),
    type,
    body,
    at: created_at.toISOString(),
  }));
}

/** @returns the newest event's number, 0 before the first; undefined for a stream that is not there */
export async function readNewestSeq(
  client: Queryable,
  stream: string,
): Promise<number | undefined> {
  const { rows } = await client.query<{ last_seq: string }>(
    "SELECT last_seq FROM event_stream WHERE name = $1",
    [stream],
  );
  const [row] = rows;
  if (row) return Number(row.last_seq);
  return stream === clusterStream ? 0 : undefined;
}
