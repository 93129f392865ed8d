/** Lets a compute node of another machine in, once. */
import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "../../api/client.ts";
import { Secret } from "./secret.tsx";
import { Section } from "./section.tsx";

const hours = 24;

export function JoinTokens() {
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => bodyOf(api.POST("/api/join-tokens", { body: { hours } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["audit"] }),
  });
  return (
    <Section
      title="Nodes of other machines"
      says="A node joins with a token of its own, over TLS; the token serves one node, once, within a day."
      action={
        <Button
          variant="default"
          loading={make.isPending}
          onClick={() => make.mutate()}
        >
          New join token
        </Button>
      }
    >
      {make.error && (
        <Text size="sm" c="red" role="alert">
          {make.error.message}
        </Text>
      )}
      {make.data && (
        <Secret
          title="For one node"
          says="Run this on its machine, with the address that nodes reach this control plane under. It is shown this once."
          secret={`motif node --control-plane HOST:PORT --join-token ${make.data.token}`}
          onClose={() => make.reset()}
        />
      )}
    </Section>
  );
}
