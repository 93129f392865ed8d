/** Pause, resume, cancel: what a job's state allows. */
import { Button, Group, Menu } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { JobChange } from "./change-job.ts";
import type { LiveJob } from "./job-types.ts";
import { useChangeJob } from "./use-change-job.ts";

const CancelDialog = dynamic(
  () => import("./cancel-dialog.tsx").then((module) => module.CancelDialog),
  { ssr: false },
);

/** @param isCompact one button that opens a list */
export function JobActions({
  job,
  isCompact = false,
}: {
  readonly job: LiveJob;
  readonly isCompact?: boolean;
}) {
  const change = useChangeJob(job);
  const [isAsking, setAsking] = useState(false);
  // The dialog is loaded when it is first wanted, and stays, so that it can close gently.
  const [isWanted, setWanted] = useState(false);
  const ask = () => {
    setWanted(true);
    setAsking(true);
  };
  const actions = actionsOf(job).map(({ kind, label }) => ({
    kind,
    label,
    act: () => (kind === "cancel" ? ask() : change.mutate(kind)),
  }));
  return (
    <>
      {actions.length === 0 ? null : isCompact ? (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button
              size="compact-sm"
              variant="default"
              loading={change.isPending}
              aria-label={`Change ${job.name}`}
            >
              Change
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {actions.map(({ kind, label, act }) => (
              <Menu.Item key={kind} onClick={act}>
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : (
        <Group gap="xs">
          {actions.map(({ kind, label, act }) => (
            <Button
              key={kind}
              variant="default"
              onClick={act}
              loading={change.isPending && change.variables === kind}
            >
              {label}
            </Button>
          ))}
        </Group>
      )}
      {isWanted && (
        <CancelDialog
          job={job}
          opened={isAsking}
          onClose={() => setAsking(false)}
          onCancel={() => change.mutate("cancel")}
        />
      )}
    </>
  );
}

interface Action {
  readonly kind: JobChange;
  readonly label: string;
}

function actionsOf({ status }: LiveJob): readonly Action[] {
  const pause = { kind: "pause", label: "Pause" } as const;
  const resume = { kind: "resume", label: "Resume" } as const;
  const cancel = { kind: "cancel", label: "Cancel…" } as const;
  switch (status) {
    case "RUNNING":
      return [pause, cancel];
    case "PAUSED":
      return [resume, cancel];
    default:
      return [];
  }
}
