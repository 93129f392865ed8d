"use client";
/** Who is let in, and who changed what. */
import { Alert, Stack } from "@mantine/core";
import { PageHeader } from "../../ui/page-header.tsx";
import { useSession } from "../../ui/session/use-session.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { AuditLog } from "./audit-log.tsx";
import { JoinTokens } from "./join-tokens.tsx";
import { OwnSession } from "./own-session.tsx";
import { Tokens } from "./tokens.tsx";

export function SettingsView() {
  const session = useSession();
  const isAdministrator = session.data?.scope === "admin";
  return (
    <>
      <PageHeader title="Settings" />
      {session.isPending ? (
        <LoadingState rows={3} height={120} />
      ) : session.data === undefined ? (
        <ErrorState
          error={session.error}
          thing="settings"
          onRetry={() => void session.refetch()}
        />
      ) : (
        <Stack gap="lg">
          <OwnSession {...session.data} />
          {isAdministrator ? (
            <>
              <Tokens />
              <JoinTokens />
              <AuditLog />
            </>
          ) : (
            <Alert title="Tokens and the audit log are for administrators">
              Log in with a token of the scope admin to see them.
            </Alert>
          )}
        </Stack>
      )}
    </>
  );
}
