/** What can be done to a node. */
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import type { GpuNode } from "../../api/types.ts";
import { nodesKey } from "./use-nodes.ts";

export type NodeChange = "drain" | "undrain" | "revoke";

const refused: Readonly<Record<NodeChange, string>> = {
  drain: "The node was not drained",
  undrain: "The node takes no work yet",
  revoke: "The node was not revoked",
};

export function useChangeNode({ id }: Pick<GpuNode, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (change: NodeChange): Promise<void> => {
      const params = { params: { path: { id } } };
      switch (change) {
        case "drain":
          await api.POST("/api/nodes/{id}/drain", params);
          return;
        case "undrain":
          await api.POST("/api/nodes/{id}/undrain", params);
          return;
        case "revoke":
          await api.DELETE("/api/nodes/{id}/credential", params);
          return;
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: nodesKey }),
    onError: (error, change) =>
      notifications.show({
        color: "red",
        title: refused[change],
        message: error.message,
        autoClose: false,
        role: "alert",
      }),
  });
}
