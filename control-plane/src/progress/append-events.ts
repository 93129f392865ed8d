/** Numbers events and writes them, in the transaction of what they tell of. */
import type { Queryable } from "../database/database.ts";

export interface NewEvent {
  /** A job's id, or `cluster`. */
  readonly stream: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A stream's row stays locked until the transaction ends, so that numbers are given in the order in which they are committed;
 * streams are taken in the order of their names, so that two transactions do not wait for each other.
 */
export async function appendEvents(
  client: Queryable,
  events: readonly NewEvent[],
): Promise<void> {
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  for (const stream of [...byStream.keys()].sort()) {
    const ofStream = byStream.get(stream)!;
    await client.query(
      `WITH numbered AS (
         INSERT INTO event_stream (name, last_seq) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET last_seq = event_stream.last_seq + $2
         RETURNING last_seq
       ), written AS (
         INSERT INTO event (stream, seq, type, body)
         SELECT $1, numbered.last_seq - $2 + new.position, new.type, new.body
         FROM numbered, unnest($3::text[], $4::jsonb[]) WITH ORDINALITY AS new (type, body, position)
       )
       SELECT pg_notify('motif_events', $1 || ':' || last_seq) FROM numbered`,
      [
        stream,
        ofStream.length,
        ofStream.map(({ type }) => type),
        ofStream.map(({ body }) => JSON.stringify(body)),
      ],
    );
  }
}
