/** Finds the logits among a model's outputs: a softmax at the end is left off, because losses want what is before it. */
import { MotifError } from "../../motif-error.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import { elementCount, formatType } from "../graph/tensor.ts";

export interface Logits {
  /** The value that holds them, with one axis of classes and perhaps axes of 1. */
  readonly value: Value;
  readonly numClasses: number;
  /** Whether the file's own output are probabilities. */
  readonly endsInSoftmax: boolean;
  readonly warnings: readonly string[];
}

type NamedOutput = readonly [name: string, value: Value];

/** The one size that is not 1 behind the batch; null where `value` cannot be logits. */
function countClasses(value: Value, batch: number): number | null {
  const [first, ...rest] = value.shape;
  if (value.dtype !== "float32" || first !== batch || rest.length === 0)
    return null;
  const wide = rest.filter((size) => size !== 1);
  return wide.length === 1 ? wide[0] : null;
}

/** Moves no element: the axes that are not 1 keep their order. */
function isLayoutOnly({ op, inputs, attributes }: Node): boolean {
  if (op === "Reshape") return true;
  if (op !== "Transpose") return false;
  const moved = (
    attributes as { readonly perm: readonly number[] }
  ).perm.filter((axis) => inputs[0]!.shape[axis] !== 1);
  return moved.every((axis, index) => index === 0 || axis > moved[index - 1]);
}

/** The input of a Softmax or LogSoftmax over the classes that `output` comes from, else `output`. */
function withoutSoftmax(
  output: Value,
  producers: ReadonlyMap<Value, Node>,
  numClasses: number,
): [Value, Node["op"] | null] {
  let node = producers.get(output);
  while (node && isLayoutOnly(node)) node = producers.get(node.inputs[0]!);
  if (node?.op === "Sigmoid") return [output, node.op];
  if (node?.op !== "Softmax" && node?.op !== "LogSoftmax")
    return [output, null];
  const source = node.inputs[0]!;
  const { axis } = node.attributes as { readonly axis: number };
  const isOverClasses =
    source.shape[axis] === numClasses &&
    elementCount(source.shape) === elementCount(output.shape);
  return isOverClasses ? [source, node.op] : [output, null];
}

/** @throws MotifError "model" when no output, or more than one, can be the logits */
export function findLogits(
  graph: Pick<Graph, "nodes">,
  outputs: readonly NamedOutput[],
  batch: number,
  model: string,
): Logits {
  const producers = new Map(
    graph.nodes.flatMap((node) =>
      node.outputs.map((value) => [value, node] as const),
    ),
  );
  const listed = outputs
    .map(([name, value]) => `"${name}" ${formatType(value)}`)
    .join(", ");
  const candidates = new Map<Value, Logits & { readonly name: string }>();
  for (const [name, output] of outputs) {
    const numClasses = countClasses(output, batch);
    if (numClasses === null || numClasses < 2) continue;
    const [value, end] = withoutSoftmax(output, producers, numClasses);
    const warnings =
      end === "Sigmoid"
        ? [
            `the output "${name}" ends in Sigmoid: classes are judged one by one, the largest is taken`,
          ]
        : [];
    // The same logits, once as probabilities, are one candidate.
    if (!candidates.has(value))
      candidates.set(value, {
        name,
        value,
        numClasses,
        endsInSoftmax: end === "Softmax",
        warnings,
      });
  }
  const all = [...candidates.values()];
  const named = all.filter(({ name }) => name.toLowerCase() === "logits");
  const chosen =
    all.length === 1 ? all[0] : named.length === 1 ? named[0] : undefined;
  if (!chosen) {
    throw new MotifError(
      "model",
      all.length === 0
        ? `${model}: no output gives one number a class for each image, [N,K] with K from 2: ${listed}. Give an image classifier.`
        : `${model}: ${all.length} outputs could be the class scores: ${listed}. Export the model with one of them only.`,
    );
  }
  if (outputs.length === 1) return chosen;
  return {
    ...chosen,
    warnings: [
      ...chosen.warnings,
      `of the outputs ${listed}, "${chosen.name}" is used`,
    ],
  };
}
