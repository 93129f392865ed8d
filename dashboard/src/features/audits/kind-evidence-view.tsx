/** One kind of change: what every class needs of it, and what was found of those that stand out. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { formatCount, formatShare } from "../../ui/format.ts";
import type { AuditDocument, Finding, KindEvidence } from "./audit-document.ts";
import styles from "./audit-evidence.module.css";
import { indexText, kindMeaning, strengthText } from "./audit-words.ts";
import { FoundPictures } from "./found-pictures.tsx";
import { classNeeds, strengthLines } from "./kind-answers.ts";
import { StrengthCurves } from "./strength-curves.tsx";

/** Rows that are there before somebody asks for all. */
const firstRows = 50;
const firstFindings = 4;
/** Names of classes that were skipped; more are counted. */
const mostSkippedNames = 20;

export function KindEvidenceView({
  evidence,
  document: { model, config },
  nameOf,
  title,
  shown,
}: {
  readonly evidence: KindEvidence;
  readonly document: AuditDocument;
  readonly nameOf: (targetClass: number) => string;
  readonly title: string;
  /** What stands above already. */
  readonly shown: Finding | undefined;
}) {
  const { perturbation, unit, finalists, anyOther, skipped } = evidence;
  const [isWhole, setWhole] = useState(false);
  const needs = classNeeds(evidence);
  const leader = needs[0]!;
  const other = anyOther[0];
  const strongest = other?.curve.at(-1);
  const meaning = kindMeaning(perturbation);
  const others = finalists.filter(
    (finding) => finding.pictures !== null && finding !== shown,
  );
  // The baseline searches each class once, all alike.
  const hasShort = config.method === "motif";
  return (
    <Stack gap="md">
      <Text size="sm" maw={760}>
        {meaning !== null && `${meaning}. `}
        <bdi>{nameOf(leader.targetClass)}</bdi> stands out most.
        {other &&
          strongest &&
          ` For anything but the right class, ${formatShare(strongest.power)} of the images are moved by ${strengthText(strongest.strength, unit)} (${formatShare(other.baseRate)} are wrong without).`}
      </Text>
      <div className={styles.columns}>
        <StrengthCurves
          lines={strengthLines(evidence)}
          unit={unit}
          threshold={config.threshold}
          nameOf={nameOf}
        />
        <Stack gap="xs" align="flex-start">
          <div
            className={`${styles.box} ${styles.tall}`}
            tabIndex={0}
            role="region"
            aria-label={`Classes: ${title}`}
            style={{ width: "100%" }}
          >
            <table
              className={styles.table}
              aria-label={`What each class needs: ${title}`}
            >
              <thead>
                <tr>
                  <th scope="col">Class</th>
                  <th scope="col" data-number colSpan={2}>
                    Needs, on average
                  </th>
                  <th scope="col" data-number>
                    Anomaly index
                  </th>
                  {hasShort && <th scope="col">Searched</th>}
                </tr>
              </thead>
              <tbody>
                {needs
                  .slice(0, isWhole ? needs.length : firstRows)
                  .map((need) => (
                    <tr
                      key={need.targetClass}
                      data-leader={need === leader || undefined}
                    >
                      <th scope="row">
                        <bdi>{nameOf(need.targetClass)}</bdi>{" "}
                        {need === leader && (
                          <span className={styles.mark}>
                            <span aria-hidden="true">◂ </span>stands out
                          </span>
                        )}
                      </th>
                      <td className={styles.bar}>
                        <span className={styles.track} aria-hidden="true">
                          <span
                            className={styles.fill}
                            style={{
                              width: `${Math.max(2, 100 * need.length)}%`,
                            }}
                          />
                        </span>
                      </td>
                      <td data-number className="numbers">
                        {strengthText(need.strength, unit)}
                      </td>
                      <td data-number className="numbers">
                        {indexText(need.anomalyIndex)}
                      </td>
                      {hasShort && (
                        <td className={styles.searched}>
                          {searchedWords(need.starts)}
                        </td>
                      )}
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
          {skipped.length > 0 && (
            <Text size="sm" className="name">
              {skippedWords(skipped, nameOf)}
            </Text>
          )}
        </Stack>
      </div>
      {others.length > 0 && (
        <div className={styles.findings}>
          {others
            .slice(0, isWhole ? others.length : firstFindings)
            .map((finding) => (
              <Stack key={`${finding.targetClass} ${finding.seed}`} gap="xs">
                <Title order={5} size="h6">
                  <bdi>{nameOf(finding.targetClass)}</bdi>
                </Title>
                <FoundPictures
                  evidence={evidence}
                  finding={finding}
                  name={nameOf(finding.targetClass)}
                  shape={model.inputShape}
                />
              </Stack>
            ))}
        </div>
      )}
      {!isWhole &&
        (needs.length > firstRows || others.length > firstFindings) && (
          <Group>
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => setWhole(true)}
            >
              Show all {formatCount(needs.length)} classes
            </Button>
          </Group>
        )}
    </Stack>
  );
}

const searchedWords = (starts: number): string =>
  starts === 0 ? "shortly" : `at length${starts === 1 ? "" : ` × ${starts}`}`;

function skippedWords(
  skipped: readonly number[],
  nameOf: (targetClass: number) => string,
): string {
  const names = skipped.slice(0, mostSkippedNames).map(nameOf);
  const more = skipped.length - names.length;
  const classes = skipped.length === 1 ? "class was" : "classes were";
  return `${formatCount(skipped.length)} ${classes} skipped: images did not fall into them, and they were not drawn for comparison. Nothing is known of them here: ${names.join(", ")}${more > 0 ? ` and ${formatCount(more)} more` : ""}.`;
}
