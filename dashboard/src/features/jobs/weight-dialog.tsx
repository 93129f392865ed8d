/** Changes a job's share of the cluster. */
import type { Job } from "../../api/types.ts";
import { Button, Group, Modal, NumberInput, Stack } from "@mantine/core";
import { useState } from "react";

const largestWeight = 1_000;

export function WeightDialog({
  job,
  opened,
  onClose,
  onChange,
}: {
  readonly job: Job;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onChange: (weight: number) => void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Weight of the job" centered>
      <WeightForm job={job} onClose={onClose} onChange={onChange} />
    </Modal>
  );
}

function WeightForm({
  job,
  onClose,
  onChange,
}: {
  readonly job: Job;
  readonly onClose: () => void;
  readonly onChange: (weight: number) => void;
}) {
  const [weight, setWeight] = useState<number | string>(job.weight);
  const isFit =
    typeof weight === "number" &&
    Number.isInteger(weight) &&
    weight >= 1 &&
    weight <= largestWeight;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isFit) return;
        onClose();
        onChange(weight);
      }}
    >
      <Stack gap="md">
        <NumberInput
          label="Weight"
          description="A job of weight 2 gets twice the nodes' time of one of weight 1. Shards that are on nodes go on."
          min={1}
          max={largestWeight}
          allowDecimal={false}
          value={weight}
          onChange={setWeight}
          error={
            isFit ? undefined : `A whole number from 1 to ${largestWeight}`
          }
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" disabled={!isFit}>
            Change the weight
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
