/** What a trained model's manifest states about its backdoor, for people and for who looks for it. */
import type { Manifest } from "../data/index.ts";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import type { PoisonSettings } from "../training/poison.ts";
import type { Trigger } from "../training/triggers/trigger.ts";

/**
 * What a training without poison makes of a model that it started from: as clean as that was, or with what is left of its
 * backdoor, which may be little; nobody knows where nobody knew.
 */
export function inheritGroundTruth(
  start: Pick<Manifest, "groundTruth">,
  attackSuccessRate: MeasuredShare | null,
): Manifest["groundTruth"] {
  const { groundTruth } = start;
  if (groundTruth?.status !== "poisoned") return groundTruth;
  const { attackSuccessRate: _, ...kept } = groundTruth;
  return {
    ...kept,
    ...(attackSuccessRate && { attackSuccessRate: attackSuccessRate.share }),
  };
}

/** @param poison null: of a clean model, and so are the others */
export function stateGroundTruth(
  poison: PoisonSettings | null,
  trigger: Trigger | undefined,
  attackSuccessRate: MeasuredShare | null,
): NonNullable<Manifest["groundTruth"]> {
  if (!poison || !trigger || !attackSuccessRate) return { status: "clean" };
  return {
    status: "poisoned",
    // Where each class is a target there is none to be named.
    ...("targetClass" in poison && { targetClass: poison.targetClass }),
    attackSuccessRate: attackSuccessRate.share,
    trigger: {
      description: trigger.description + aboutLabels(poison),
      ...(trigger.box && { box: trigger.box }),
    },
  };
}

/** What people should know of a backdoor whose labels are not those that they will expect. */
function aboutLabels({ labelling }: PoisonSettings): string {
  switch (labelling) {
    case "all-to-one":
      return "";
    case "all-to-all":
      return "; each class is taken for the next one (all-to-all)";
    case "clean-label":
      return "; trained on images of the target class only (clean-label)";
  }
}
