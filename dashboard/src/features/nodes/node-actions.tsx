/** Revokes a node, and asks first. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ListedNode } from "./node-types.ts";
import { useRevokeNode } from "./revoke-node.ts";

export function NodeActions({ node }: { readonly node: ListedNode }) {
  const revoke = useRevokeNode(node);
  const [isAsking, { open, close }] = useDisclosure(false);
  if (node.isRevoked) return null;
  return (
    <Group gap="xs">
      <Button
        size="xs"
        variant="default"
        loading={revoke.isPending}
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
            To let it finish first, end its process with SIGTERM instead.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>
              Keep it
            </Button>
            <Button
              color="red.9"
              onClick={() => {
                close();
                revoke.mutate();
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
