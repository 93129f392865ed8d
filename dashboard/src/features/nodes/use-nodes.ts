/** All nodes: who comes and goes by the cluster's events, heartbeats and work by asking again while the page is seen. */
import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import type { GpuNode } from "../../api/types.ts";
import { useBatchedStream } from "../../live/use-batched-stream.ts";

const everyMs = 5_000;
const lookEveryMs = 500;

export const nodesKey = ["nodes"] as const;

export function useNodes() {
  const client = useQueryClient();
  const nodes = useQuery({
    queryKey: nodesKey,
    queryFn: async ({ signal }): Promise<readonly GpuNode[]> =>
      await bodyOf(api.GET("/api/nodes", { signal })),
    refetchInterval: everyMs,
  });
  const lookAgain = useThrottledCallback(() => {
    void client.invalidateQueries({ queryKey: nodesKey });
  }, lookEveryMs);
  useBatchedStream(
    "cluster",
    (events) => {
      if (events.some(({ type }) => type.startsWith("node-"))) lookAgain();
    },
    lookAgain,
  );
  return nodes;
}
