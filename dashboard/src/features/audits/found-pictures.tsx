/** What a search found for a class: an image, the change itself, the image with it, and what it does to other images. */
import { Stack, Text } from "@mantine/core";
import { formatCount, formatInterval, formatShare } from "../../ui/format.ts";
import type { AuditDocument, Finding, KindEvidence } from "./audit-document.ts";
import styles from "./audit-evidence.module.css";
import { kindMeaning, kindTitle, strengthText } from "./audit-words.ts";
import { shownPoint } from "./kind-answers.ts";

export function FoundPictures({
  evidence: { perturbation, unit },
  finding,
  name,
  shape: [, height, width],
}: {
  readonly evidence: KindEvidence;
  readonly finding: Finding;
  /** Of the class. */
  readonly name: string;
  readonly shape: AuditDocument["model"]["inputShape"];
}) {
  const { pictures } = finding;
  if (pictures === null) return null;
  const point = shownPoint(finding);
  const strength = strengthText(point.strength, unit);
  const shots = [
    {
      source: pictures.original,
      caption: "An image of another class",
      alt: `An image that is not of class ${name}`,
    },
    {
      source: pictures.finding,
      caption: `${kindTitle(perturbation)}, ${strength}`,
      alt: `What was found for class ${name}: ${kindMeaning(perturbation) ?? perturbation}`,
    },
    {
      source: pictures.changed,
      caption: "The image with it",
      alt: "The same image with what was found",
    },
  ];
  return (
    <Stack gap="xs">
      <div className={styles.shots}>
        {shots.map(({ source, caption, alt }) => (
          <figure key={caption} className={styles.shot}>
            <span
              className={styles.plate}
              style={{ aspectRatio: `${width} / ${height}` }}
            >
              <img className="pixels" src={source} alt={alt} />
            </span>
            <figcaption>{caption}</figcaption>
          </figure>
        ))}
      </div>
      <Text size="sm" className="numbers" maw={640}>
        {formatShare(point.power)} of {formatCount(finding.n)} images of other
        classes ({formatInterval(...point.wilson95)}) are taken for{" "}
        <bdi>{name}</bdi> with it, {formatShare(finding.baseRate)} without.
      </Text>
    </Stack>
  );
}
