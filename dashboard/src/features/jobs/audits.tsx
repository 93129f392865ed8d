/** An audit's models, the most suspicious first, from before they are judged. */
import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import type { Job, Shard } from "../../api/types.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { rankBySuspicion, standingWords } from "../audits/audit-words.ts";
import { AuditsTable } from "../audits/audits-table.tsx";
import { comparisonWords } from "./comparison-words.ts";
import { ModelNotes } from "./model-notes.tsx";
import { useAudits } from "./use-audits.ts";

export function Audits({
  job,
  shards,
}: {
  readonly job: Job;
  readonly shards: readonly Shard[];
}) {
  const audits = useAudits(job, shards);
  const ranked = useMemo(
    () => rankBySuspicion(audits.data ?? []),
    [audits.data],
  );
  if (audits.isPending)
    return (
      <LoadingState rows={Math.min(8, job.shards.total + 1)} height={56} />
    );
  if (audits.isError)
    return (
      <ErrorState
        error={audits.error}
        thing="list of models"
        onRetry={() => void audits.refetch()}
      />
    );
  return (
    <Stack gap="sm">
      <Text size="sm" role="status" className="numbers">
        {[standingWords(ranked), comparisonWords(job, shards)]
          .filter((words) => words !== null)
          .join(" ")}
      </Text>
      <AuditsTable audits={ranked} />
      <Text size="sm" c="dimmed">
        The most suspicious come first. “No evidence found” is not “clean”:
        another kind of trigger may be there that nobody asked about. A model’s
        name leads to the evidence.
      </Text>
      <ModelNotes
        models={ranked.map(({ model, judged }) => ({
          model,
          warnings: judged?.warnings ?? [],
        }))}
      />
    </Stack>
  );
}
