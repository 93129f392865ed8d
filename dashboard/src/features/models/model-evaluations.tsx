/** The newest evaluation of a model on each data set. */
import { Anchor, Code, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Fragment } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Evaluation, Model } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { LongName } from "../../ui/long-name.tsx";
import { quoteForShell } from "../../ui/quote-for-shell.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import wide from "../../ui/wide-table.module.css";
import { boundWords, latestOfEach } from "../evaluations/evaluation-words.ts";
import styles from "../evaluations/evaluations-table.module.css";
import { MeasuredShare } from "../evaluations/measured-share.tsx";

/** Most that REST gives at once: enough to find the newest of each data set in. */
const mostEvaluations = 1_000;

export const evaluationsKey = (modelId: string) => [
  "model-evaluations",
  modelId,
];

export function ModelEvaluations({ model }: { readonly model: Model }) {
  const { id, name, dataset } = model;
  const evaluations = useQuery({
    queryKey: evaluationsKey(id),
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/models/{idOrName}/evaluations", {
          params: { path: { idOrName: id }, query: { limit: mostEvaluations } },
          signal,
        }),
      ),
  });
  if (evaluations.isError)
    return (
      <ErrorState
        error={evaluations.error}
        thing="evaluations"
        onRetry={() => void evaluations.refetch()}
      />
    );
  const latest = latestOfEach(evaluations.data ?? []);
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Evaluations
      </Title>
      {evaluations.isPending ? (
        <LoadingState rows={1} height={56} />
      ) : latest.length > 0 ? (
        <Latest evaluations={latest} />
      ) : (
        <Paper withBorder p="md" radius="md">
          <Text size="sm" c="dimmed">
            Calibration and robustness have not been measured yet:{" "}
            <Code className="name">{`npx motif evaluate ${quoteForShell(name)} --dataset ${quoteForShell(dataset ?? "NAME")}`}</Code>
          </Text>
        </Paper>
      )}
    </Stack>
  );
}

function Latest({
  evaluations,
}: {
  readonly evaluations: readonly Evaluation[];
}) {
  const hasBackdoor = evaluations.some(
    ({ measured }) => measured?.attackSuccessRate,
  );
  return (
    <div
      className={wide.box}
      tabIndex={0}
      role="region"
      aria-label="Newest evaluation on each data set"
    >
      <table
        className={wide.table}
        style={{ minWidth: hasBackdoor ? 960 : 850 }}
        aria-label="Evaluations"
      >
        <thead>
          <tr>
            <th scope="col" className={wide.name}>
              Data set
            </th>
            <th scope="col" className={styles.share} data-number>
              Clean accuracy
            </th>
            <th scope="col" className={styles.share} data-number>
              Robust accuracy
            </th>
            <th scope="col" className={styles.under}>
              Under
            </th>
            {hasBackdoor && (
              <th scope="col" className={styles.share} data-number>
                Attack success
              </th>
            )}
            <th
              scope="col"
              className={styles.calibration}
              data-number
              title="Expected calibration error, 15 bins"
            >
              Calibration error
            </th>
            <th scope="col" className={styles.images} data-number>
              Images
            </th>
            <th scope="col" className={styles.state}>
              Measured
            </th>
          </tr>
        </thead>
        <tbody>
          {evaluations.map((evaluation) => (
            <Row
              key={`${evaluation.datasetId} ${evaluation.split}`}
              evaluation={evaluation}
              hasBackdoor={hasBackdoor}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  evaluation: { dataset, split, jobId, measured, measuredAt },
  hasBackdoor,
}: {
  readonly evaluation: Evaluation;
  readonly hasBackdoor: boolean;
}) {
  if (!measured) return null;
  const { clean, robustness } = measured;
  return (
    <tr>
      <th scope="row">
        <Anchor
          component={Link}
          href={`/dataset?id=${encodeURIComponent(dataset)}`}
          prefetch={false}
          inherit
        >
          <LongName name={dataset} />
        </Anchor>
        {split !== null && (
          <Text size="xs" c="dimmed" className="name">
            {split}
          </Text>
        )}
      </th>
      <td data-number className="numbers">
        <MeasuredShare measured={clean.accuracy} />
      </td>
      <td data-number className="numbers">
        <MeasuredShare measured={robustness?.robustAccuracy} />
      </td>
      <td className={styles.under}>
        {robustness ? (
          <>
            {robustness.attacks.map(({ name }, index) => (
              <Fragment key={name}>
                {index > 0 && ", "}
                <span>{name}</span>
              </Fragment>
            ))}
            <Text size="xs" c="dimmed" className="numbers">
              {boundWords(robustness)}
            </Text>
          </>
        ) : (
          "–"
        )}
      </td>
      {hasBackdoor && (
        <td
          data-number
          className="numbers"
          title={measured.noAttackSuccessRate ?? undefined}
        >
          <MeasuredShare measured={measured.attackSuccessRate} />
        </td>
      )}
      <td data-number className="numbers">
        {formatShare(clean.expectedCalibrationError)}
      </td>
      <td data-number className="numbers">
        {formatCount(measured.images)}
      </td>
      <td>
        {measuredAt !== null && <RelativeTime at={measuredAt} />}
        <Text size="xs">
          <Anchor
            component={Link}
            href={`/job?id=${jobId}`}
            prefetch={false}
            inherit
          >
            To the job
          </Anchor>
        </Text>
      </td>
    </tr>
  );
}
