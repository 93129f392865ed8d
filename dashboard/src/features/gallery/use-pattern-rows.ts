/** The patterns of searches: all that are there, page by page, and each new one as it lands. */
import {
  useQueries,
  useQueryClient,
  type QueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useEffect } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { followStream } from "../../live/event-source.ts";
import {
  mergePage,
  noRows,
  runsOf,
  type PatternPlace,
  type PatternRows,
} from "./pattern-rows.ts";

const pageSize = 1_000;
/** Between two looks for patterns that events told of; milliseconds. */
const gatherMs = 250;
/** Runs that are asked for one by one; more, and everything is read again. */
const mostRuns = 4;

const keyOf = (jobId: string) => ["patterns", jobId] as const;

export interface LivePatternRows {
  readonly rows: PatternRows;
  readonly isLoading: boolean;
  readonly error: unknown;
}

/** Of several searches at once, in their order. */
export function usePatternRows(
  jobIds: readonly string[],
): readonly LivePatternRows[] {
  const client = useQueryClient();
  const ids = jobIds.join();
  useEffect(() => {
    const stops = ids
      .split(",")
      .filter((id) => id !== "")
      .map((id) => followPatterns(client, id));
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, ids]);
  return useQueries({
    queries: jobIds.map((jobId) => ({
      queryKey: keyOf(jobId),
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        readAll(client, jobId, signal),
      staleTime: 60_000,
      // What is held of a thousand classes is large: it goes soon after the last page that shows it.
      gcTime: 60_000,
      structuralSharing: false as const,
    })),
    combine,
  });
}

const combine = (
  results: readonly UseQueryResult<PatternRows>[],
): readonly LivePatternRows[] =>
  results.map(({ data, isPending, error }) => ({
    rows: data ?? noRows,
    isLoading: isPending,
    error,
  }));

/** Reads what events say has landed, several together. @returns ends it */
function followPatterns(client: QueryClient, jobId: string): () => void {
  let landed: PatternPlace[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    timer = undefined;
    const places = landed;
    landed = [];
    readLanded(client, jobId, places).catch(() => {
      // The banner says it; after the break everything is read again.
    });
  };
  const stop = followStream(jobId, null, {
    onEvent: ({ type, body }) => {
      if (type !== "patterns") return;
      landed.push(...(body.items as readonly PatternPlace[]));
      timer ??= setTimeout(look, gatherMs);
    },
    onFollowing: () =>
      void client.invalidateQueries({ queryKey: keyOf(jobId) }),
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

async function readPage(
  jobId: string,
  after: string | null,
  limit: number,
  signal?: AbortSignal,
) {
  return bodyOf(
    api.GET("/api/jobs/{id}/patterns", {
      params: {
        path: { id: jobId },
        query: { limit, ...(after !== null && { after }) },
      },
      ...(signal && { signal }),
    }),
  );
}

/** Shows each page as it comes. */
async function readAll(
  client: QueryClient,
  jobId: string,
  signal: AbortSignal,
): Promise<PatternRows> {
  let rows = client.getQueryData<PatternRows>(keyOf(jobId)) ?? noRows;
  for (let after: string | null = null; ;) {
    const page = await readPage(jobId, after, pageSize, signal);
    rows = mergePage(rows, page);
    if (page.patterns.length < pageSize) return rows;
    client.setQueryData(keyOf(jobId), rows);
    after = page.patterns.at(-1)!.id;
  }
}

async function readLanded(
  client: QueryClient,
  jobId: string,
  places: readonly PatternPlace[],
): Promise<void> {
  const read = () => client.getQueryData<PatternRows>(keyOf(jobId)) ?? noRows;
  const runs = runsOf(read(), places);
  if (runs.length > mostRuns) {
    await client.refetchQueries({ queryKey: keyOf(jobId) });
    return;
  }
  for (const { after, count } of runs) {
    const page = await readPage(jobId, after, Math.min(pageSize, count));
    client.setQueryData(keyOf(jobId), mergePage(read(), page));
  }
}
