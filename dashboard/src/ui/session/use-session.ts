/** Who the control plane takes this browser for; where it asks for tokens, until somebody logs in: nobody. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, bodyOf } from "../../api/client.ts";
import { reconnect } from "../../live/event-source.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => bodyOf(api.GET("/api/session")),
  staleTime: Infinity,
});

export const useSession = () => useQuery(sessionQuery);

export interface SessionChanges {
  /** @throws ApiProblem for a token that opens nothing */
  readonly logIn: (token: string) => Promise<void>;
  readonly logOut: () => Promise<void>;
}

export function useSessionChanges(): SessionChanges {
  const client = useQueryClient();
  return {
    logIn: useCallback(
      async (token) => {
        await api.POST("/api/session", {
          headers: { Authorization: `Bearer ${token}` },
        });
        reconnect();
        await client.resetQueries();
      },
      [client],
    ),
    logOut: useCallback(async () => {
      await api.DELETE("/api/session");
      reconnect();
      // What the last one could see is not for the next.
      client.removeQueries({ type: "inactive" });
      await client.resetQueries();
    }, [client]),
  };
}
