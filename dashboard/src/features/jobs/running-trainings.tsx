/** Where the trainings stand that nodes are at now, and how fast each node goes. */
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { TrainedModel } from "../../api/types.ts";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from "../../ui/format.ts";
import { LongName } from "../../ui/long-name.tsx";
import styles from "./running-trainings.module.css";
import { trainingNodes, type RunningTraining } from "./training-progress.ts";

/** Further ones are in the table. */
const mostListed = 8;

export function RunningTrainings({
  models,
}: {
  readonly models: readonly TrainedModel[];
}) {
  const nodes = trainingNodes(models);
  return (
    <Paper
      withBorder
      p="md"
      radius="md"
      bg="var(--motif-surface)"
      component="section"
      aria-label="On nodes now"
    >
      <Stack gap="md">
        <Title order={2} size="h5">
          On nodes now
        </Title>
        {nodes.length === 0 && (
          <Text size="sm" c="dimmed" className={styles.empty}>
            No node has told how a training goes yet.
          </Text>
        )}
        {nodes.map(({ name, imagesPerSecond, trainings }) => (
          <Stack key={name} gap="xs">
            <Group gap="xs" wrap="nowrap" justify="space-between">
              <Text size="sm" fw={600} miw={0} component="h3">
                <LongName name={name} />
              </Text>
              <Text size="sm" className="numbers" style={{ flex: "none" }}>
                {imagesPerSecond === null
                  ? "–"
                  : `${formatRate(imagesPerSecond)} images a second`}
              </Text>
            </Group>
            {trainings.slice(0, mostListed).map((training) => (
              <Standing key={training.shardIndex} training={training} />
            ))}
            {trainings.length > mostListed && (
              <Text size="sm" c="dimmed">
                and {formatCount(trainings.length - mostListed)} more
              </Text>
            )}
          </Stack>
        ))}
      </Stack>
    </Paper>
  );
}

function Standing({
  training: { name, standing },
}: {
  readonly training: RunningTraining;
}) {
  const { epoch, epochs, loss, accuracy, learningRate } = standing;
  return (
    <div className={styles.standing}>
      <Text size="sm" component="div" className={styles.name}>
        <LongName name={name} />
      </Text>
      <dl className={styles.facts}>
        <Fact name="Epoch">
          {formatCount(epoch)} of {formatCount(epochs)}
        </Fact>
        <Fact name="Loss">{loss.toPrecision(3)}</Fact>
        <Fact name="Accuracy">{formatShare(accuracy)}</Fact>
        <Fact name="Learning rate">
          {learningRate === null ? "–" : learningRate.toPrecision(3)}
        </Fact>
        <Fact name="Images a second">
          {standing.imagesPerSecond === null
            ? "–"
            : formatRate(standing.imagesPerSecond)}
        </Fact>
        <Fact name="Time left">
          {standing.secondsLeft === null
            ? "–"
            : formatDuration(standing.secondsLeft)}
        </Fact>
      </dl>
    </div>
  );
}

const Fact = ({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}) => (
  <div>
    <dt>{name}</dt>
    <dd className="numbers">{children}</dd>
  </div>
);
