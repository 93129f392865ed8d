/**
 * Cross-entropy to a set of classes: −log Σ p_j over the classes j that would do. With one class it is the customary one; with all
 * but an image's own it is what a pattern lowers that makes the model err, whatever it says instead.
 */
import type { GraphBuilder, Value } from "../engine/index.ts";

/** Taken from the logits of classes that would not do; what they keep is nothing in float32. */
const farBelow = 1e4;

/**
 * @param logits [N, K] @param wanted [N, K]: 1 for classes that would do, else 0; at least one a row
 * @returns [N]
 */
export function addSetCrossEntropy(
  g: GraphBuilder,
  logits: Value,
  wanted: Value,
): Value {
  const unwanted = g.add("Sub", [g.scalar(1), wanted], {});
  const logProbabilities = g.add("LogSoftmax", [logits], { axis: 1 });
  const left = g.add(
    "Sub",
    [logProbabilities, g.add("Mul", [unwanted, g.scalar(farBelow)], {})],
    {},
  );
  // log Σ exp(left) is left_j − logSoftmax(left)_j for every j; the mean over the wanted ones is as exact as any of them.
  const within = g.add("LogSoftmax", [left], { axis: 1 });
  const differences = g.add(
    "Mul",
    [wanted, g.add("Sub", [left, within], {})],
    {},
  );
  const over = { axes: [1], keepDims: false };
  const sum = g.add("ReduceSum", [differences], over);
  const count = g.add("ReduceSum", [wanted], over);
  return g.add("Neg", [g.add("Div", [sum, count], {})], {});
}
