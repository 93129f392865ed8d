import { Button } from "@mantine/core";
import { useSessionChanges } from "../../ui/session/use-session.ts";
import { Section } from "./section.tsx";

export function OwnSession({
  isLoginFree,
  actor,
  scope,
}: {
  readonly isLoginFree: boolean;
  readonly actor: string;
  readonly scope: string;
}) {
  const { logOut } = useSessionChanges();
  if (isLoginFree)
    return (
      <Section
        title="No login is needed"
        says="Only this machine reaches this control plane, and whoever uses it may do everything. Started with another --host it asks everybody for a token."
      />
    );
  return (
    <Section
      title={`Logged in as ${actor}`}
      says={`The token’s scope is ${scope}: ${whatScopesDo[scope] ?? ""}.`}
      action={
        <Button variant="default" onClick={() => void logOut()}>
          Log out
        </Button>
      }
    />
  );
}

const whatScopesDo: Readonly<Record<string, string>> = {
  read: "it sees everything and changes nothing",
  write: "it sees everything, adds models and data sets, and runs jobs",
  admin: "it may do everything",
};
