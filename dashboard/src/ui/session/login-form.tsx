import {
  Button,
  Center,
  Code,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useSessionChanges } from "./use-session.ts";

export function LoginForm() {
  const { logIn } = useSessionChanges();
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    // A header cannot carry what no token has.
    if (!/^[\x21-\x7e]+$/.test(given)) {
      setError("A token is one word, such as motif_….");
      return;
    }
    setBusy(true);
    logIn(given)
      .catch((problem: unknown) =>
        setError(problem instanceof Error ? problem.message : String(problem)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Center mih="60vh">
      <Paper withBorder p="xl" radius="md" w="100%" maw={440}>
        <form onSubmit={submit}>
          <Stack gap="md">
            <Title order={1} size="h3">
              Log in
            </Title>
            <Text size="sm" c="dimmed">
              This control plane can be reached from other machines, so it asks
              who you are.
            </Text>
            <PasswordInput
              label="API token"
              description="It is kept for this browser, where no script can read it."
              autoComplete="current-password"
              value={token}
              onChange={({ currentTarget }) => {
                setToken(currentTarget.value);
                setError(undefined);
              }}
              error={error}
              data-autofocus
              autoFocus
            />
            <Button type="submit" loading={isBusy} disabled={token === ""}>
              Log in
            </Button>
            <Text size="sm" c="dimmed">
              An administrator makes one under Settings, or on the control
              plane’s machine:
            </Text>
            <Code block>motif tokens create --name you --scope write</Code>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
