"use client";
/** What every page has around it: theme, server state, notices. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import {
  QueryCache,
  QueryClient,
  QueryClientProvider,
} from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { isPassing, needsLogin } from "../api/api-problem.ts";
import { sessionQuery } from "../ui/session/use-session.ts";
import { cssVariables, theme } from "../ui/theme.ts";

/** Retries while the server is away; what it refuses is not asked for again. */
const mostRetries = 3;

function newQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => {
        // A token that was withdrawn while its pages are open: the gate asks again.
        const isAboutSession = queryKey[0] === sessionQuery.queryKey[0];
        if (needsLogin(error) && !isAboutSession)
          void client.invalidateQueries(sessionQuery);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // Events tell what changed; coming back to a window is no reason to ask for everything.
        refetchOnWindowFocus: false,
        retry: (count, error) => count < mostRetries && isPassing(error),
        retryDelay: (attempt) => Math.min(5_000, 500 * 2 ** attempt),
      },
    },
  });
  return client;
}

export function Providers({ children }: { readonly children: ReactNode }) {
  const [queryClient] = useState(newQueryClient);
  return (
    <QueryClientProvider client={queryClient}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
      >
        <Notifications position="bottom-right" limit={4} />
        {children}
      </MantineProvider>
    </QueryClientProvider>
  );
}
