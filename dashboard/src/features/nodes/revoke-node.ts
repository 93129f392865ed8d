/** Turns a node away. */
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import type { ListedNode } from "./node-types.ts";
import { nodesKey } from "./use-nodes.ts";

export function useRevokeNode({ id }: Pick<ListedNode, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      bodyOf(
        api.DELETE("/api/nodes/{id}/credential", { params: { path: { id } } }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: nodesKey }),
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "The node was not revoked",
        message: error.message,
        autoClose: false,
        role: "alert",
      }),
  });
}
