/** Tokens of people and programs: made, listed, revoked. */
import {
  Badge,
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem } from "../../api/api-problem.ts";
import { api, bodyOf } from "../../api/client.ts";
import type { ApiToken } from "../../api/types.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { Secret } from "./secret.tsx";
import { Section } from "./section.tsx";
import { newTokenStatus } from "./token-status.ts";

const queryKey = ["tokens"];

export function Tokens() {
  const tokens = useQuery({
    queryKey,
    queryFn: () => bodyOf(api.GET("/api/tokens")),
  });
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<{ name: string; secret: string }>();
  const [asked, setAsked] = useState<ApiToken>();
  return (
    <Section
      title="API tokens"
      says="With one a browser logs in, and programs and the command line are let in (MOTIF_TOKEN)."
      action={<Button onClick={() => setMaking(true)}>New token…</Button>}
    >
      {made && (
        <Secret
          title={`The token of ${made.name}`}
          says="It is shown this once: copy it to where it is used."
          secret={made.secret}
          onClose={() => setMade(undefined)}
        />
      )}
      {tokens.isPending ? (
        <LoadingState rows={3} />
      ) : tokens.isError ? (
        <ErrorState
          error={tokens.error}
          thing="list of tokens"
          onRetry={() => void tokens.refetch()}
        />
      ) : tokens.data.length === 0 ? (
        <Text c="dimmed">There is no token.</Text>
      ) : (
        <TokenTable tokens={tokens.data} onRevoke={setAsked} />
      )}
      <NewToken
        isOpen={isMaking}
        onClose={() => setMaking(false)}
        onMade={setMade}
      />
      <RevokeDialog asked={asked} onClose={() => setAsked(undefined)} />
    </Section>
  );
}

function TokenTable({
  tokens,
  onRevoke,
}: {
  readonly tokens: readonly ApiToken[];
  readonly onRevoke: (token: ApiToken) => void;
}) {
  const statusOf = newTokenStatus(Date.now());
  return (
    <Table.ScrollContainer
      minWidth={760}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="Table of tokens"
      pos="relative"
    >
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Scope</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => {
            const { isUsable, words } = statusOf(token);
            return (
              <Table.Tr key={token.id}>
                <Table.Td className="name" dir="auto">
                  {token.name}
                </Table.Td>
                <Table.Td>{token.scopes.at(-1)}</Table.Td>
                <Table.Td>
                  <Badge
                    variant={isUsable ? "light" : "default"}
                    color={isUsable ? "green" : "gray"}
                    autoContrast={false}
                    tt="none"
                    styles={{ label: { color: "var(--mantine-color-text)" } }}
                  >
                    {words}
                  </Badge>
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={token.createdAt} />{" "}
                  <Text span size="sm" c="dimmed">
                    by {token.createdBy}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {token.lastUsedAt === null ? (
                    "never"
                  ) : (
                    <RelativeTime at={token.lastUsedAt} />
                  )}
                </Table.Td>
                <Table.Td ta="right">
                  {isUsable && (
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={`Revoke the token ${token.name}`}
                      onClick={() => onRevoke(token)}
                    >
                      Revoke…
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const scopeChoices = [
  { value: "read", label: "read: sees everything, changes nothing" },
  { value: "write", label: "write: also adds models and data sets, runs jobs" },
  { value: "admin", label: "admin: also tokens, nodes, paths of the server" },
];

function NewToken({
  isOpen,
  onClose,
  onMade,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onMade: (made: { name: string; secret: string }) => void;
}) {
  const client = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", scope: "write" as Scope, days: 90 },
    validate: {
      name: (name) => (name.trim() === "" ? "Say whose it is." : null),
      days: (days) =>
        days > 0 && days <= 3650 ? null : "From a fraction of a day to 3650.",
    },
  });
  const make = useMutation({
    mutationFn: ({ name, scope, days }: typeof form.values) =>
      bodyOf(
        api.POST("/api/tokens", { body: { name, scopes: [scope], days } }),
      ),
    onSuccess: ({ name, token }) => {
      onMade({ name, secret: token });
      onClose();
      form.reset();
      void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: ["audit"] });
    },
    onError: (error) => {
      const fields = error instanceof ApiProblem ? error.fields : [];
      form.setErrors(
        fields.length === 0
          ? { name: error.message }
          : Object.fromEntries(
              fields.map(({ field, message }) => [
                field.startsWith("scopes") ? "scope" : field,
                message,
              ]),
            ),
      );
    },
  });
  return (
    <Modal opened={isOpen} onClose={onClose} title="New token">
      <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
        <Stack gap="md">
          <TextInput
            label="Name"
            description="Whose it is; the audit log shows it"
            maxLength={100}
            data-autofocus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <Select
            label="Scope"
            data={scopeChoices}
            allowDeselect={false}
            key={form.key("scope")}
            {...form.getInputProps("scope")}
          />
          <NumberInput
            label="Lasts"
            suffix=" days"
            min={0}
            max={3650}
            key={form.key("days")}
            {...form.getInputProps("days")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={make.isPending}>
              Make it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type Scope = ApiToken["scopes"][number];

function RevokeDialog({
  asked,
  onClose,
}: {
  readonly asked: ApiToken | undefined;
  readonly onClose: () => void;
}) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) =>
      api.DELETE("/api/tokens/{id}", { params: { path: { id } } }),
    onSuccess: () => {
      onClose();
      void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: ["audit"] });
    },
  });
  return (
    <Modal
      opened={asked !== undefined}
      onClose={onClose}
      title={`Revoke the token ${asked?.name ?? ""}?`}
    >
      <Stack gap="md">
        <Text size="sm">
          From then on it opens nothing. Whoever is logged in with it is logged
          out, and what they have started goes on.
        </Text>
        {revoke.error && (
          <Text size="sm" c="red" role="alert">
            {revoke.error.message}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red"
            loading={revoke.isPending}
            onClick={() => asked && revoke.mutate(asked.id)}
          >
            Revoke it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
