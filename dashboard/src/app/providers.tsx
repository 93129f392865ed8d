"use client";
/** What every page has around it: theme, server state, notices. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { isPassing } from "../api/api-problem.ts";
import { cssVariables, theme } from "../ui/theme.ts";

/** Retries while the server is away; what it refuses is not asked for again. */
const mostRetries = 3;

const newQueryClient = () =>
  new QueryClient({
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
