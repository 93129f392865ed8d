/** An evaluation in words and a table, for the terminal. */
import type { ClassEvaluation } from "../evaluation/clean-evaluation.ts";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import type { AttackSummary } from "../evaluation/robust-accuracy.ts";
import type { LocalEvaluationOutcome } from "../local/evaluate-locally.ts";

/** Of a model with more classes only those that are worst are listed. */
const mostClasses = 20;

export function showEvaluation(outcome: LocalEvaluationOutcome): string {
  const { clean, robustness, attackSuccessRate, noAttackSuccessRate } = outcome;
  const lines = [
    `Clean accuracy ${withInterval(clean.accuracy)}.`,
    `Expected calibration error ${percent(clean.expectedCalibrationError)} (15 bins).`,
    attackSuccessRate
      ? `Attack success rate ${withInterval(attackSuccessRate)}.`
      : `No attack success rate: ${noAttackSuccessRate}.`,
  ];
  if (robustness) {
    const names = robustness.attacks.map(({ name }) => name).join(", ");
    lines.push(
      `Robust accuracy ${withInterval(robustness.robustAccuracy)}, under ${names} within ${bound(robustness)}.`,
    );
  }
  return `${lines.join("\n")}\n\n${classTable(outcome)}`;
}

/** One line for an attack that is over. */
export function showAttack(
  { name, tried, fooled, robustAccuracy }: AttackSummary,
  seconds: number,
): string {
  if (tried === 0) return `${name}: no image is left to attack`;
  return `${name}: ${fooled} of ${tried} images fall, ${percent(robustAccuracy.share)} of all ${robustAccuracy.n} still stand (${seconds.toFixed(1)} s)`;
}

function classTable({ clean, robustness }: LocalEvaluationOutcome): string {
  const { classes } = clean;
  const listed =
    classes.length <= mostClasses
      ? classes
      : classes
          .toSorted((a, b) => a.accuracy.share - b.accuracy.share)
          .slice(0, mostClasses)
          .sort((a, b) => a.class - b.class);
  const rows = [
    [
      "class",
      "images",
      "clean",
      "95%",
      ...(robustness ? ["robust"] : []),
      "taken for",
    ],
    ...listed.map((each) => [
      each.name,
      String(each.accuracy.n),
      percent(each.accuracy.share),
      interval(each.accuracy),
      ...(robustness ? [percent(robustness.classes[each.class].share)] : []),
      takenFor(each, classes),
    ]),
  ];
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length)),
  );
  const last = rows[0].length - 1;
  const text = rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === last
            ? cell.padEnd(widths[column])
            : cell.padStart(widths[column]),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
  const more =
    listed.length < classes.length
      ? `The ${listed.length} worst of ${classes.length} classes; --json or --out has them all.\n`
      : "";
  return `${text}\n${more}`;
}

/** What the images of a class are most often taken for when they are not taken for it. */
function takenFor(
  { class: own, accuracy, predictions }: ClassEvaluation,
  classes: readonly ClassEvaluation[],
): string {
  const wrong = predictions.find(({ class: each }) => each !== own);
  return wrong
    ? `${classes[wrong.class].name} (${percent(wrong.count / accuracy.n)})`
    : "";
}

export function bound({
  norm,
  epsilon,
}: {
  readonly norm: "linf" | "l2";
  readonly epsilon: number;
}): string {
  return `${norm === "linf" ? "L∞" : "L2"} ε = ${Number(epsilon.toPrecision(3))}`;
}

function withInterval(measured: MeasuredShare): string {
  return `${percent(measured.share)} of ${measured.n} images (95%: ${interval(measured)})`;
}

function interval({ wilson95: [low, high] }: MeasuredShare): string {
  return `${percent(low)} to ${percent(high)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
