/** Drain, take back, revoke. Revoking asks first. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { GpuNode } from "../../api/types.ts";
import { useChangeNode } from "./change-node.ts";

export function NodeActions({ node }: { readonly node: GpuNode }) {
  const change = useChangeNode(node);
  const [isAsking, { open, close }] = useDisclosure(false);
  const isPending = (kind: typeof change.variables) =>
    change.isPending && change.variables === kind;
  if (node.isRevoked) return null;
  return (
    <Group gap="xs">
      {!node.isDrained && node.status === "ONLINE" && (
        <Button
          size="xs"
          variant="default"
          loading={isPending("drain")}
          aria-label={`Drain ${node.name}`}
          onClick={() => change.mutate("drain")}
        >
          Drain
        </Button>
      )}
      {node.isDrained && (
        <Button
          size="xs"
          variant="default"
          loading={isPending("undrain")}
          aria-label={`Give work to ${node.name} again`}
          onClick={() => change.mutate("undrain")}
        >
          Give work again
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        loading={isPending("revoke")}
        aria-label={`Revoke ${node.name}`}
        onClick={open}
      >
        Revoke…
      </Button>
      <Modal
        opened={isAsking}
        onClose={close}
        title="Revoke this node?"
        centered
      >
        <Stack gap="md">
          <Text className="name" dir="auto" fw={600}>
            {node.name}
          </Text>
          <Text>
            It is refused from now on, until it joins anew with another token.
            {node.running > 0 &&
              " What it is at work on is given to other nodes, from its last checkpoint."}
          </Text>
          <Text size="sm" c="dimmed">
            Draining lets it finish first, and needs no new token.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>
              Keep it
            </Button>
            <Button
              color="red.9"
              onClick={() => {
                close();
                change.mutate("revoke");
              }}
            >
              Revoke the node
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Group>
  );
}
