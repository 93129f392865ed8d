/** All events of a job: read by REST, then as they come. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { RecentEvents } from "../../live/recent-events.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";
import { addEvents } from "./event-list.ts";

/** Most that REST gives at once. */
const pageSize = 1_000;

export function useJobEvents(id: string) {
  const client = useQueryClient();
  const queryKey = ["job", id, "events"];
  const [recent] = useState(() => new RecentEvents());
  const events = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const asked = performance.now();
      // What is known is not read again.
      const known = client.getQueryData<readonly StreamEvent[]>(queryKey) ?? [];
      const read = await readEvents(id, known.at(-1)?.seq ?? 0, signal);
      return addEvents(addEvents(known, read), recent.since(asked));
    },
    structuralSharing: false,
  });
  useBatchedStream(
    id,
    (came) => {
      recent.push(came, performance.now());
      client.setQueryData<readonly StreamEvent[]>(
        queryKey,
        (known) => known && addEvents(known, came),
      );
    },
    () => void client.invalidateQueries({ queryKey }),
  );
  return events;
}

async function readEvents(
  id: string,
  from: number,
  signal: AbortSignal,
): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? from;
    const page: { readonly events: readonly StreamEvent[] } = await bodyOf(
      api.GET("/api/jobs/{id}/events", {
        params: { path: { id }, query: { after, limit: pageSize } },
        signal,
      }),
    );
    events.push(...page.events);
    if (page.events.length < pageSize) return events;
  }
}
