/** An evaluation's models, from before they are measured. */
import { Stack, Text } from "@mantine/core";
import type { Job, Shard } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { attackNamesOf, boundWords } from "../evaluations/evaluation-words.ts";
import { EvaluationsTable } from "../evaluations/evaluations-table.tsx";
import { ModelNotes } from "./model-notes.tsx";
import { useEvaluations } from "./use-evaluations.ts";

export function Evaluations({
  job,
  shards,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const evaluations = useEvaluations(job, shards);
  if (evaluations.isPending)
    return (
      <LoadingState rows={Math.min(8, job.shards.total + 1)} height={56} />
    );
  if (evaluations.isError)
    return (
      <ErrorState
        error={evaluations.error}
        thing="list of models"
        onRetry={() => void evaluations.refetch()}
      />
    );
  const known = evaluations.data ?? [];
  const attacks = attackNamesOf(job.parameters.attack);
  const first = known.find(({ measured }) => measured)?.measured;
  return (
    <Stack gap="sm">
      <EvaluationsTable evaluations={known} attacks={attacks} />
      {first && (
        <Text size="sm" c="dimmed">
          {`On ${formatCount(first.images)} images each.`}
          {first.robustness &&
            ` Perturbed within ${boundWords(first.robustness)}; robust are images that are right as they are and under ${
              attacks.length > 1 ? "each of the attacks" : attacks.join("")
            }.`}
        </Text>
      )}
      <ModelNotes
        models={known.map(({ model, measured }) => ({
          model,
          warnings: measured?.warnings ?? [],
        }))}
      />
    </Stack>
  );
}
