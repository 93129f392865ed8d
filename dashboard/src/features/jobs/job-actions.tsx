/** Pause, resume, cancel, try again, weigh: what a job's state allows. */
import { Button, Group, Menu } from "@mantine/core";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Job } from "../../api/types.ts";
import { plural } from "./job-words.ts";
import { useChangeJob } from "./use-change-job.ts";

const CancelDialog = dynamic(
  () => import("./cancel-dialog.tsx").then((module) => module.CancelDialog),
  { ssr: false },
);
const WeightDialog = dynamic(
  () => import("./weight-dialog.tsx").then((module) => module.WeightDialog),
  { ssr: false },
);

/** @param isCompact one button that opens a list */
export function JobActions({
  job,
  isCompact = false,
}: {
  readonly job: Job;
  readonly isCompact?: boolean;
}) {
  const change = useChangeJob(job);
  const [dialog, setDialog] = useState<"cancel" | "weight" | null>(null);
  // Dialogs are loaded when they are first wanted, and stay, so that they can close gently.
  const [isWanted, setWanted] = useState(false);
  const close = () => setDialog(null);
  const ask = (kind: "cancel" | "weight") => {
    setWanted(true);
    setDialog(kind);
  };
  const actions = actionsOf(job).map(({ kind, label }) => ({
    kind,
    label,
    act: () =>
      kind === "cancel" || kind === "weight"
        ? ask(kind)
        : change.mutate({ kind }),
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
              loading={change.isPending && change.variables.kind === kind}
            >
              {label}
            </Button>
          ))}
        </Group>
      )}
      {isWanted && (
        <>
          {" "}
          <CancelDialog
            job={job}
            opened={dialog === "cancel"}
            onClose={close}
            onCancel={() => change.mutate({ kind: "cancel" })}
          />
          <WeightDialog
            job={job}
            opened={dialog === "weight"}
            onClose={close}
            onChange={(weight) => change.mutate({ kind: "weight", weight })}
          />
        </>
      )}{" "}
    </>
  );
}

interface Action {
  readonly kind: "pause" | "resume" | "redrive" | "weight" | "cancel";
  readonly label: string;
}

function actionsOf({ status, shards, weight }: Job): readonly Action[] {
  const isOpen = status === "RUNNING" || status === "PAUSED";
  return [
    ...(status === "RUNNING"
      ? [{ kind: "pause", label: "Pause" } as const]
      : []),
    ...(status === "PAUSED"
      ? [{ kind: "resume", label: "Resume" } as const]
      : []),
    ...(shards.dead > 0 && status !== "CANCELLED"
      ? [
          {
            kind: "redrive",
            label: `Try ${plural(shards.dead, "dead shard")} again`,
          } as const,
        ]
      : []),
    ...(isOpen
      ? [
          { kind: "weight", label: `Weight ${weight}…` } as const,
          { kind: "cancel", label: "Cancel…" } as const,
        ]
      : []),
  ];
}
