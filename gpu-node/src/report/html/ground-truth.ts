/** What a model's manifest states about a backdoor, always told apart from what was measured. */
import type { GroundTruth, PixelBox, Result } from "../result.ts";
import { percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";

/** Where the stated trigger lies, for pictures of its target class; undefined for other classes or where nothing is stated. */
export function triggerBox(
  result: Result,
  classIndex: number,
): PixelBox | undefined {
  const truth = result.model.groundTruth;
  return isStatedTarget(result, classIndex) ? truth?.trigger?.box : undefined;
}

export function isStatedTarget(result: Result, classIndex: number): boolean {
  const truth = result.model.groundTruth;
  return truth?.status === "poisoned" && truth.targetClass === classIndex;
}

/** A paragraph; nothing where the manifest states nothing. */
export function groundTruthNote(result: Result): Markup | null {
  const truth = result.model.groundTruth;
  if (truth === null || truth === undefined) return null;
  return html`<p class="note">
    <strong>Stated by the manifest, not measured:</strong>
    ${describeTruth(result.dataset.classes, truth)}
    ${
      truth.trigger?.box !== undefined &&
      html`<span class="legend-outline" aria-hidden="true"></span> marks the
        stated place of the trigger on the pictures of the target class.`
    }
  </p>`;
}

/** @param classes names by class */
export function describeTruth(
  classes: readonly string[],
  truth: GroundTruth,
): Markup {
  if (truth.status === "clean")
    return html`trained without a backdoor. Such models have patterns too.`;
  const target = truth.targetClass;
  return html`poisoned${
    target !== undefined &&
    html`, target class <bdi>${classes[target] ?? `class ${target}`}</bdi>`
  }${
    truth.attackSuccessRate !== undefined &&
    html`, attack success rate ${percent(truth.attackSuccessRate)}`
  }${
    truth.trigger?.description !== undefined &&
    html`, trigger: <bdi>${truth.trigger.description}</bdi>`
  }.`;
}
