/**
 * What attacks raise, as functions of a model's logits, in graph operators.
 * Source of DLR: Croce & Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
 * attacks", arXiv 2003.01690, section 4, equations 6 and 7. Unlike the cross-entropy it does not change when all logits are
 * scaled or shifted, so that a model cannot hide its gradient behind large logits.
 */
import { integers, type GraphBuilder, type Value } from "../engine/index.ts";

/** Keeps quotients finite where all logits are equal. */
const tiny = 1e-12;

/** Below every logit that a float32 model gives: what is set to it is never the largest. */
const leastLogit = -3e38;

/** @param logits [B, K] @param labels [B, K] one-hot @returns [B] */
export function addCrossEntropy(
  g: GraphBuilder,
  logits: Value,
  labels: Value,
): Value {
  const logProbabilities = g.add("LogSoftmax", [logits], { axis: 1 });
  return g.add("Neg", [addPicked(g, logProbabilities, labels)], {});
}

/**
 * Difference of logits ratio, −(z_y − max_{i≠y} z_i) / (z_π1 − z_π3), π from the largest logit down.
 * Of two classes there is no third largest: then it is the difference alone.
 * @param logits [B, K] @param labels [B, K] one-hot @returns [B]
 */
export function addDlr(g: GraphBuilder, logits: Value, labels: Value): Value {
  const others = addWithout(g, logits, labels);
  const nearest = addPicked(g, logits, addLargest(g, others));
  const margin = g.add("Sub", [nearest, addPicked(g, logits, labels)], {});
  const [first, , third] = addSorted(g, logits, 3);
  return third ? addRatio(g, margin, first, third) : margin;
}

/**
 * Targeted difference of logits ratio, −(z_y − z_t) / (z_π1 − (z_π3 + z_π4)/2). Of three classes there is no fourth largest:
 * the third stands for it; of two the difference is alone.
 * @param logits [B, K] @param labels, targets [B, K] one-hot @returns [B]
 */
export function addTargetedDlr(
  g: GraphBuilder,
  logits: Value,
  labels: Value,
  targets: Value,
): Value {
  const wanted = addPicked(g, logits, targets);
  const margin = g.add("Sub", [wanted, addPicked(g, logits, labels)], {});
  const [first, , third, fourth] = addSorted(g, logits, 4);
  if (!third) return margin;
  if (!fourth) return addRatio(g, margin, first, third);
  const sum = g.add("Add", [third, fourth], {});
  return addRatio(g, margin, first, g.add("Mul", [sum, g.scalar(0.5)], {}));
}

function addRatio(g: GraphBuilder, margin: Value, high: Value, low: Value) {
  const range = g.add("Sub", [high, low], {});
  return g.add("Div", [margin, g.add("Add", [range, g.scalar(tiny)], {})], {});
}

/** The `count` largest values of each row (all of them where there are fewer), each [B]; gradients go to their places. */
function addSorted(g: GraphBuilder, rows: Value, count: number): Value[] {
  const sorted: Value[] = [];
  let left = rows;
  for (let i = 0; i < Math.min(count, rows.shape[1]); i++) {
    const largest = addLargest(g, left);
    sorted.push(addPicked(g, rows, largest));
    left = addWithout(g, left, largest);
  }
  return sorted;
}

/** One-hot [B, K] of each row's largest value; of equal ones the first. */
function addLargest(g: GraphBuilder, rows: Value): Value {
  const at = g.add("ArgMax", [rows], { axis: 1, keepDims: true });
  const classes = Array.from({ length: rows.shape[1] }, (_, index) => index);
  const columns = g.constant(integers(classes), "classes");
  return g.add("Cast", [g.add("Equal", [at, columns], {})], { to: "float32" });
}

/** The rows with what is marked taken out of the running. */
function addWithout(g: GraphBuilder, rows: Value, marked: Value): Value {
  const isMarked = g.add("Greater", [marked, g.scalar(0.5)], {});
  return g.add("Where", [isMarked, g.scalar(leastLogit), rows], {});
}

/** The one value of each row that is marked, [B]. */
function addPicked(g: GraphBuilder, rows: Value, marked: Value): Value {
  return g.add("ReduceSum", [g.add("Mul", [rows, marked], {})], {
    axes: [1],
    keepDims: false,
  });
}
