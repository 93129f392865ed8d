/** Evaluations in words. Pure. */
import type { Evaluation } from "../../api/types.ts";

interface AskedAttack {
  readonly attack: string;
  readonly norm: string;
  readonly epsilon?: number;
  readonly pgdSteps: number;
}

/**
 * The attacks that a job's models are put to, in their order, before any is measured.
 * @param attack of the job's parameters
 */
export function attackNamesOf(attack: unknown): readonly string[] {
  if (!isAttack(attack)) return [];
  const pgd = `PGD-${attack.pgdSteps}`;
  if (attack.attack === "pgd") return [pgd];
  const ensemble = [pgd, "APGD-CE", "APGD-T"];
  return attack.norm === "l2" ? ensemble : [...ensemble, "Square"];
}

const isAttack = (value: unknown): value is AskedAttack =>
  typeof value === "object" && value !== null && "pgdSteps" in value;

/** @example "L∞ ε = 0.0314" */
export const boundWords = ({
  norm,
  epsilon,
}: {
  readonly norm: string;
  readonly epsilon: number;
}): string =>
  `${norm === "linf" ? "L∞" : "L2"} ε = ${Number(epsilon.toPrecision(3))}`;

/** The newest of each data set and split. @param evaluations newest first */
export function latestOfEach(
  evaluations: readonly Evaluation[],
): readonly Evaluation[] {
  const seen = new Set<string>();
  return evaluations.filter(({ datasetId, split }) => {
    const key = `${datasetId} ${split}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
