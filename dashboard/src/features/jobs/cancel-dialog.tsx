/** Asks before a job is cancelled, and says what that costs. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { Job } from "../../api/types.ts";
import { formatShare } from "../../ui/format.ts";
import { plural } from "./job-words.ts";

export function CancelDialog({
  job,
  opened,
  onClose,
  onCancel,
}: {
  readonly job: Job;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onCancel: () => void;
}) {
  const { succeeded, running, pending } = job.shards;
  return (
    <Modal opened={opened} onClose={onClose} title="Cancel this job?" centered>
      <Stack gap="md">
        <Text className="name" dir="auto">
          {job.name}
        </Text>
        <Text>
          It is {formatShare(job.done)} done and cannot be started again.{" "}
          {running > 0 &&
            `What nodes have done so far on ${plural(running, "shard")} is lost. `}
          {pending > 0 && `${plural(pending, "shard")} will not be worked on. `}
          {succeeded > 0
            ? `The results of ${plural(succeeded, "finished shard")} stay.`
            : "There is no result yet that could stay."}
        </Text>
        {job.status === "RUNNING" && (
          <Text c="dimmed" size="sm">
            Pausing gives the nodes free as well, and loses nothing.
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red.9"
            onClick={() => {
              onClose();
              onCancel();
            }}
          >
            Cancel the job
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
