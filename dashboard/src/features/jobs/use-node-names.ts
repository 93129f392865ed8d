/** Names of nodes by their id. */
import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import type { GpuNode } from "../../api/types.ts";
import { nodesKey } from "../nodes/use-nodes.ts";

const staleMs = 60_000;

export function useNodeNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: nodesKey,
    queryFn: async ({ signal }): Promise<readonly GpuNode[]> =>
      await bodyOf(api.GET("/api/nodes", { signal })),
    staleTime: staleMs,
    select: (nodes) => new Map(nodes.map(({ id, name }) => [id, name])),
  });
  return data ?? none;
}

const none: ReadonlyMap<string, string> = new Map();
