/** The evidence of an audit as its document has it: with anomaly indices, what was skipped, and pictures of what was found. */
import { sizeOf } from "../audit/ask-questions.ts";
import type { Evidence, FoundEvidence } from "../audit/evidence.ts";
import { decodeFloats } from "../audit/float-text.ts";
import { newPerturbation } from "../audit/perturbations/index.ts";
import type { References } from "../audit/references.ts";
import { anomalyIndexByClass } from "../audit/statistics.ts";
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset, Parts } from "../data/index.ts";
import { drawFinding } from "../report/audit-pictures.ts";
import type { AuditEvidence } from "../report/audit.ts";
import type { GroundTruth } from "../report/result.ts";

export async function describeEvidence(
  evidence: Evidence<FoundEvidence>,
  {
    classifier,
    dataset,
    parts,
  }: {
    readonly classifier: Classifier;
    readonly dataset: Dataset;
    readonly parts: Parts;
  },
  references?: References,
): Promise<AuditEvidence[]> {
  const { imageShape, numClasses } = classifier;
  const described: AuditEvidence[] = [];
  for (const about of evidence.perturbations) {
    const perturbation = newPerturbation(about.perturbation, imageShape);
    const indexOf = anomalyIndexByClass(about, references);
    const asked = new Set(about.screened.map(({ targetClass }) => targetClass));
    const drawn = new Set<number>();
    const finalists: AuditEvidence["finalists"][number][] = [];
    for (const [at, finding] of about.finalists.entries()) {
      const found = about.found[at].map((text, i) =>
        decodeFloats(text, sizeOf(perturbation.variables[i].shape)),
      );
      const hasAll = found.every((values) => values !== undefined);
      // One picture a class: its seeds look alike or show nothing.
      const isFirst = !drawn.has(finding.targetClass);
      drawn.add(finding.targetClass);
      finalists.push({
        ...finding,
        pictures:
          isFirst && hasAll
            ? await drawFinding(
                perturbation,
                found,
                finding.strengthAtThreshold ?? perturbation.strengths.at(-1)!,
                await exampleFor(finding.targetClass, dataset, parts),
                imageShape,
              )
            : null,
      });
    }
    described.push({
      perturbation: about.perturbation,
      unit: about.unit,
      anyOther: about.anyOther,
      screened: about.screened.map((answer) => ({
        ...answer,
        anomalyIndex: indexOf(answer.targetClass),
      })),
      skipped: Array.from({ length: numClasses }, (_, each) => each).filter(
        (each) => !asked.has(each),
      ),
      finalists,
    });
  }
  return described;
}

/** The first image of the evaluation part that is of another class. */
async function exampleFor(
  targetClass: number,
  dataset: Dataset,
  parts: Parts,
): Promise<Uint8Array> {
  const chosen = parts.evaluate.find(
    (index) => dataset.labels[index] !== targetClass,
  );
  const image = new Uint8Array(sizeOf(dataset.imageShape));
  if (chosen !== undefined) await dataset.read([chosen], image);
  return image;
}

/** Of as many of the strongest pixels as the stated trigger has. */
export function overlapWithTrigger(
  { perturbations }: Evidence,
  truth: GroundTruth | null,
  width: number,
): number | null {
  const box = truth?.trigger?.box;
  const patch = perturbations
    .find(({ perturbation }) => perturbation === "patch")
    ?.finalists.find(({ targetClass }) => targetClass === truth?.targetClass);
  if (!box || !patch) return null;
  const size = box.height * box.width;
  const inside = patch.topPixels.slice(0, size).filter((pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    return (
      row >= box.top &&
      row < box.top + box.height &&
      column >= box.left &&
      column < box.left + box.width
    );
  }).length;
  return inside / (2 * size - inside);
}
