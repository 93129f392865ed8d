/** Common subexpressions: what is computed twice from the same values is computed once, and equal constants are one. */
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { rewriteNodes } from "./rewrite.ts";

const commutative = new Set<OpType>(["Add", "Mul", "And", "Or", "Equal"]);

/** The same function with every operator applied once to the same operands. */
export function mergeDuplicates(graph: Graph): Graph {
  const representative = mergeConstants(graph);
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value | null) => {
    if (!value) return -1;
    const merged = representative.get(value) ?? value;
    if (!numbers.has(merged)) numbers.set(merged, numbers.size);
    return numbers.get(merged)!;
  };
  const known = new Map<string, readonly Value[]>();
  return rewriteNodes(graph, (node, { g, keep }) => {
    const inputs = node.inputs.map(
      (value) => value && (representative.get(value) ?? value),
    );
    const key = describe(node, inputs.map(numberOf));
    const earlier = known.get(key);
    if (earlier) return earlier;
    const isSame = inputs.every((value, index) => value === node.inputs[index]);
    const outputs = isSame
      ? keep()
      : g.addAll(node.op, inputs, node.attributes, node.name);
    known.set(key, outputs);
    return outputs;
  });
}

function describe({ op, attributes }: Node, operands: number[]): string {
  if (commutative.has(op)) operands.sort((a, b) => a - b);
  // JSON has no infinities and no negative zero.
  const exact = (_: string, value: unknown) =>
    typeof value === "number"
      ? Object.is(value, -0)
        ? "-0"
        : String(value)
      : value;
  return `${op}(${operands.join()})${JSON.stringify(attributes, exact)}`;
}

/** For each constant, the first of those with the same type and bytes. */
function mergeConstants(graph: Graph): Map<Value, Constant> {
  const merged = new Map<Value, Constant>();
  const alike = new Map<string, Constant[]>();
  for (const value of graph.nodes.flatMap(({ inputs }) => inputs)) {
    if (!isConstant(value) || merged.has(value)) continue;
    const key = `${value.dtype}[${value.shape.join()}] ${value.data.constructor.name} ${value.data.subarray(0, 4).join()}`;
    const candidates = alike.get(key) ?? [];
    const same = candidates.find((candidate) =>
      bytes(candidate).equals(bytes(value)),
    );
    if (!same) alike.set(key, [...candidates, value]);
    merged.set(value, same ?? value);
  }
  return merged;
}

const bytes = ({ data }: Constant) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);
