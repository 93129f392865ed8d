/** All that stands behind a verdict, from the audit's document: the trigger, what each class needs, the statistics, and how it was asked. */
import { Accordion, Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatCount, formatShare } from "../../ui/format.ts";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { SourceBars } from "../gallery/detail/source-bars.tsx";
import { loadAuditDocument, type AuditDocument } from "./audit-document.ts";
import styles from "./audit-evidence.module.css";
import {
  indexText,
  kindTitle,
  peersWords,
  strengthText,
  type Judged,
} from "./audit-words.ts";
import { FoundPictures } from "./found-pictures.tsx";
import { classNeeds, findingOf } from "./kind-answers.ts";
import { KindEvidenceView } from "./kind-evidence-view.tsx";

export function AuditEvidence({ judged }: { readonly judged: Judged }) {
  const { document: file } = judged;
  const document = useQuery({
    queryKey: ["audit-document", file.sha256],
    queryFn: ({ signal }) => loadAuditDocument(file, signal),
    staleTime: Infinity,
    retry: false,
  });
  if (document.isPending) return <LoadingState rows={6} height={44} />;
  return (
    <Stack gap="md">
      {document.isError ? (
        <ErrorState
          error={document.error}
          thing="evidence"
          onRetry={() => void document.refetch()}
        />
      ) : (
        <Evidence document={document.data} />
      )}
      <Text size="sm">
        <Anchor
          href={`/api/artifacts/${file.sha256}`}
          download="audit.json"
          inherit
        >
          The whole evidence as a file
        </Anchor>
      </Text>
    </Stack>
  );
}

const statisticsPanel = "statistics";
const settingsPanel = "settings";
/** In the address, where all are closed. */
const noPanel = "none";

function Evidence({ document }: { readonly document: AuditDocument }) {
  const address = useAddress();
  const { verdict, evidence, dataset, model } = document;
  const nameOf = (index: number) => dataset.classes[index] ?? `class ${index}`;
  const isSuspected = verdict.verdict === "backdoor suspected";
  const about = evidence.find(
    ({ perturbation }) => perturbation === verdict.perturbation,
  );
  const finding = about && findingOf(about, verdict.targetClass);
  const open = address.list("evidence");
  const panels =
    open.length > 0 ? open : isSuspected && about ? [about.perturbation] : [];
  return (
    <>
      {document.peers && (
        <Text size="sm" maw={820}>
          {peersWords(document.peers)}
        </Text>
      )}
      <Stated document={document} nameOf={nameOf} />
      {isSuspected && about && finding && verdict.targetClass !== null && (
        <Stack gap="xs" component="section">
          <Title order={3} size="h5">
            The trigger that was found
          </Title>
          <div className={styles.columns}>
            <FoundPictures
              evidence={about}
              finding={finding}
              name={nameOf(verdict.targetClass)}
              shape={model.inputShape}
            />
            {finding.bySource.length > 0 && (
              <SourceBars
                sources={finding.bySource}
                classNames={dataset.classes}
              />
            )}
          </div>
        </Stack>
      )}
      {verdict.moves !== null && (
        <Moves moves={verdict.moves} nameOf={nameOf} />
      )}
      <Stack gap="xs" component="section">
        <Title order={3} size="h5">
          The evidence
        </Title>
        <Accordion
          variant="contained"
          chevronPosition="left"
          multiple
          order={4}
          value={[...panels]}
          onChange={(value) =>
            address.set({ evidence: value.length > 0 ? value : noPanel })
          }
        >
          {evidence.map((each) => {
            const title = kindTitle(each.perturbation);
            const [leader] = classNeeds(each);
            return (
              <Accordion.Item key={each.perturbation} value={each.perturbation}>
                <Accordion.Control>
                  <Group gap="xs" justify="space-between">
                    <Text size="sm" fw={600}>
                      {title}
                    </Text>
                    {leader && (
                      <Text size="xs" c="dimmed" className="numbers">
                        <bdi>{nameOf(leader.targetClass)}</bdi> stands out most:
                        needs {strengthText(leader.strength, each.unit)},
                        anomaly index {indexText(leader.anomalyIndex)}
                      </Text>
                    )}
                  </Group>
                </Accordion.Control>
                <Accordion.Panel>
                  {panels.includes(each.perturbation) && (
                    <KindEvidenceView
                      evidence={each}
                      document={document}
                      nameOf={nameOf}
                      title={title}
                      shown={isSuspected ? finding : undefined}
                    />
                  )}
                </Accordion.Panel>
              </Accordion.Item>
            );
          })}
          {document.statistics.length > 0 && (
            <Accordion.Item value={statisticsPanel}>
              <Accordion.Control>
                <Text size="sm" fw={600}>
                  Statistics
                </Text>
              </Accordion.Control>
              <Accordion.Panel>
                <Statistics statistics={document.statistics} />
              </Accordion.Panel>
            </Accordion.Item>
          )}
          <Accordion.Item value={settingsPanel}>
            <Accordion.Control>
              <Text size="sm" fw={600}>
                How it was judged
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <HowJudged document={document} />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      </Stack>
    </>
  );
}

/** What the manifest says, beside what was found without it. */
function Stated({
  document: { model, triggerOverlap },
  nameOf,
}: {
  readonly document: AuditDocument;
  readonly nameOf: (index: number) => string;
}) {
  const { groundTruth } = model;
  if (groundTruth === null) return null;
  const target = groundTruth.targetClass ?? null;
  return (
    <Text size="sm" className="name" maw={820}>
      <Text span fw={600} inherit>
        Stated by the manifest, not used:
      </Text>{" "}
      {groundTruth.status === "clean"
        ? "without a backdoor"
        : `poisoned${target === null ? "" : `, for class ${nameOf(target)}`}`}
      .
      {triggerOverlap !== null &&
        ` The patch that was found covers the stated place by ${formatShare(triggerOverlap)} (intersection over union).`}
    </Text>
  );
}

function Moves({
  moves,
  nameOf,
}: {
  readonly moves: NonNullable<AuditDocument["verdict"]["moves"]>;
  readonly nameOf: (index: number) => string;
}) {
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h5">
        Where images go
      </Title>
      <div
        className={styles.box}
        tabIndex={0}
        role="region"
        aria-label="Where images go"
      >
        <table className={styles.table} style={{ maxWidth: 560 }}>
          <thead>
            <tr>
              <th scope="col">Images of</th>
              <th scope="col">are mostly taken for</th>
              <th scope="col" data-number>
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {moves.map(({ from, to, share }) => (
              <tr key={from}>
                <th scope="row">
                  <bdi>{nameOf(from)}</bdi>
                </th>
                <td>
                  <bdi>{nameOf(to)}</bdi>
                </td>
                <td data-number className="numbers">
                  {formatShare(share)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Stack>
  );
}

function Statistics({
  statistics,
}: {
  readonly statistics: AuditDocument["statistics"];
}) {
  return (
    <div className={styles.box}>
      <table className={styles.table} aria-label="Statistics">
        <thead>
          <tr>
            <th scope="col">Statistic</th>
            <th scope="col" data-number>
              Value
            </th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {statistics.map(({ name, value, meaning }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-number className="numbers">
                {value === null ? "–" : value.toFixed(2)}
              </td>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HowJudged({ document }: { readonly document: AuditDocument }) {
  const { model, dataset, config, backend, verdict } = document;
  const { rule } = verdict;
  const rows: readonly (readonly [string, string])[] = [
    [
      "Judged by",
      rule.name === "regression"
        ? `a regression on ${rule.source}; suspected from a probability of ${formatShare(rule.threshold)} on`
        : rule.threshold === null
          ? "the anomaly index; too few classes to compare"
          : `the anomaly index; suspected from ${rule.threshold.toFixed(2)} on, which one in twenty models of ${rule.classes} classes without an outlier reaches`,
    ],
    ...(config.method === "motif"
      ? ([
          [
            "Searched at length",
            config.isExhaustive
              ? "every class"
              : "the classes that a short search finds strongest",
          ],
          ["Searches of a class", `${config.seeds}, from seed ${config.seed}`],
        ] as const)
      : []),
    ["Images tried on", `up to ${formatCount(config.evaluateImages)}`],
    ["Threshold", formatShare(config.threshold, 0)],
    ["Classes", formatCount(model.numClasses)],
    ["Backend", `${backend.name} (${backend.provider})`],
    ["SHA-256 of the model", model.sha256],
    ["Digest of the data set", dataset.digest],
  ];
  return (
    <table className={styles.table} aria-label="How it was judged">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row" style={{ minWidth: 132 }}>
              {name}
            </th>
            <td className="numbers name">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
