/**
 * Algebra on few nodes: operators that change nothing, that undo or repeat the one before, or that a cheaper one replaces.
 * Exact but for the rounding of products of constants. (Zero keeps its value, not its sign: −0 + 0 is 0.)
 */
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { elementCount, isSameShape } from "../graph/tensor.ts";
import { broadcastShapes } from "../ops/broadcasting.ts";
import { rewriteNodes, type Rewriting } from "./rewrite.ts";

/** A value that stands for the node's only output, or null to keep the node. */
type Rule<Op extends OpType> = (
  node: Node<Op>,
  rewriting: Rewriting,
) => Value | null;

/** The same function by simpler nodes. */
export function simplify(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriting) => {
    const rule = rules[node.op] as Rule<OpType> | undefined;
    const value = rule?.(node, rewriting) ?? null;
    return value && [value];
  });
}

const rules: { readonly [Op in OpType]?: Rule<Op> } = {
  Add: firstOf(dropExpand, neutral(0, "either"), addNegated, addBeforeLayout),
  Sub: firstOf(dropExpand, neutral(0, "second"), subtractNegated),
  Mul: firstOf(dropExpand, neutral(1, "either"), mergeFactors),
  Div: firstOf(dropExpand, neutral(1, "second")),
  Pow: neutral(1, "second"),
  Min: dropExpand,
  Max: dropExpand,
  Neg: negate,
  Relu: repeated("Relu"),
  Abs: repeated("Abs"),
  Where: firstOf(dropExpand, whereSame),
  Cast: (node) =>
    unlessChanged(node, node.inputs[0]!.dtype === node.attributes.to),
  Reshape: firstOf(
    (node) => unlessChanged(node),
    ({ inputs: [x], attributes }, { g, maker }) => {
      const inner = maker(x, "Reshape");
      return inner ? g.add("Reshape", inner.inputs, attributes) : null;
    },
  ),
  Transpose: transpose,
  Expand: (node) => unlessChanged(node),
  Slice: (node) =>
    unlessChanged(
      node,
      node.attributes.axes.every(
        (axis, i) => node.attributes.steps[i] > 0 || !isLong(node, axis),
      ),
    ),
  Pad: (node) =>
    unlessChanged(
      node,
      node.attributes.pads.every((pad) => pad === 0),
    ),
  Concat: (node) => unlessChanged(node, node.inputs.length === 1),
  ReduceSum: reduceNothing,
  ReduceMean: reduceNothing,
  ReduceMax: reduceNothing,
  ReduceMin: reduceNothing,
  ReduceProd: reduceNothing,
  Conv: absorbPad,
};

/** The first of several rules that applies. */
function firstOf<Op extends OpType>(
  ...candidates: readonly Rule<Op>[]
): Rule<Op> {
  return (node, rewriting) => {
    for (const candidate of candidates) {
      const value = candidate(node, rewriting);
      if (value) return value;
    }
    return null;
  };
}

/** The input itself where the shape stays and `isNothing` holds. */
function unlessChanged(
  { inputs, outputs }: Node,
  isNothing = true,
): Value | null {
  return isNothing && isSameShape(inputs[0]!.shape, outputs[0].shape)
    ? inputs[0]
    : null;
}

const isLong = ({ inputs }: Node, axis: number) => inputs[0]!.shape[axis] > 1;

/** x + 0, x − 0, x · 1, x / 1, x¹, where x is not repeated on the way. */
function neutral<Op extends OpType>(
  number: number,
  side: "either" | "second",
): Rule<Op> {
  const isNeutral = (value: Value) =>
    isConstant(value) && value.data.every((element) => element === number);
  return ({ inputs, outputs: [output] }) => {
    const [a, b] = inputs as readonly [Value, Value];
    if (isNeutral(b) && isSameShape(a.shape, output.shape)) return a;
    if (side === "either" && isNeutral(a) && isSameShape(b.shape, output.shape))
      return b;
    return null;
  };
}

/** Operators that broadcast need no operand written out. */
function dropExpand<Op extends OpType>(
  node: Node<Op>,
  { g, maker }: Rewriting,
): Value | null {
  const inputs = [...node.inputs] as Value[];
  inputs.forEach((value, index) => {
    const expand = maker(value, "Expand");
    if (!expand) return;
    const narrower = inputs.with(index, expand.inputs[0]!);
    if (
      isSameShape(
        broadcastShapes(...narrower.map(({ shape }) => shape)),
        node.outputs[0].shape,
      )
    )
      inputs[index] = narrower[index];
  });
  return inputs.every((value, index) => value === node.inputs[index])
    ? null
    : g.add(node.op, inputs, node.attributes);
}

/** a + (−b) = a − b; (−a) + b = b − a */
function addNegated(
  { inputs: [a, b] }: Node<"Add">,
  { g, maker }: Rewriting,
): Value | null {
  const negatedB = maker(b, "Neg");
  if (negatedB) return g.add("Sub", [a, negatedB.inputs[0]], {});
  const negatedA = maker(a, "Neg");
  return negatedA ? g.add("Sub", [b, negatedA.inputs[0]], {}) : null;
}

/**
 * f(a) + f(b) = f(a + b) where f only moves elements: gradients of strided convolutions side by side are then interleaved
 * once.
 */
function addBeforeLayout(
  { inputs: [a, b] }: Node<"Add">,
  { g, maker, isOnlyUse }: Rewriting,
): Value | null {
  if (!isOnlyUse(0) || !isOnlyUse(1)) return null;
  for (const op of ["Reshape", "Transpose"] as const) {
    const [left, right] = [maker(a, op), maker(b, op)];
    if (!left || !right) continue;
    const [x, y] = [left.inputs[0]!, right.inputs[0]!];
    const isSame =
      isSameShape(x.shape, y.shape) &&
      JSON.stringify(left.attributes) === JSON.stringify(right.attributes);
    if (isSame) return g.add(op, [g.add("Add", [x, y], {})], left.attributes);
  }
  return null;
}

/** a − (−b) = a + b */
function subtractNegated(
  { inputs: [a, b] }: Node<"Sub">,
  { g, maker }: Rewriting,
): Value | null {
  const negated = maker(b, "Neg");
  return negated ? g.add("Add", [a, negated.inputs[0]], {}) : null;
}

/** A product as a value and a constant. */
function asScaled(
  node: Node<"Mul"> | undefined,
): { value: Value; factor: Constant } | null {
  const [a, b] = (node?.inputs ?? []) as readonly Value[];
  if (isConstant(b)) return { value: a, factor: b };
  return isConstant(a) ? { value: b, factor: a } : null;
}

/** (x · a) · b = x · (a · b), (−x) · b = x · (−b) */
function mergeFactors(
  node: Node<"Mul">,
  { g, maker }: Rewriting,
): Value | null {
  const outer = asScaled(node);
  if (!outer || outer.factor.dtype !== "float32") return null;
  const negated = maker(outer.value, "Neg");
  if (negated)
    return g.add(
      "Mul",
      [negated.inputs[0], g.add("Neg", [outer.factor], {})],
      {},
    );
  const inner = asScaled(maker(outer.value, "Mul"));
  if (!inner) return null;
  const product = g.add("Mul", [inner.factor, outer.factor], {}) as Constant;
  const largest = Math.max(
    elementCount(inner.factor.shape),
    elementCount(outer.factor.shape),
  );
  if (
    elementCount(product.shape) > largest ||
    !isHarmless(product, inner.factor, outer.factor)
  )
    return null;
  return g.add("Mul", [inner.value, product], {});
}

/** Whether a product of constants neither overflowed nor lost a factor to underflow. */
function isHarmless(
  product: Constant,
  ...factors: readonly Constant[]
): boolean {
  const hasZero = factors.some(({ data }) => data.includes(0));
  return product.data.every(
    (x) => Number.isFinite(x) && (Math.abs(x) > 1e-30 || (x === 0 && hasZero)),
  );
}

/** −(−x) = x, −(a − b) = b − a, −(x · c) = x · (−c) */
function negate(
  { inputs: [x] }: Node<"Neg">,
  { g, maker, isOnlyUse }: Rewriting,
): Value | null {
  const inner = maker(x, "Neg");
  if (inner) return inner.inputs[0];
  if (!isOnlyUse(0)) return null;
  const difference = maker(x, "Sub");
  if (difference) return g.add("Sub", difference.inputs.toReversed(), {});
  const scaled = asScaled(maker(x, "Mul"));
  return scaled
    ? g.add("Mul", [scaled.value, g.add("Neg", [scaled.factor], {})], {})
    : null;
}

/** f(f(x)) = f(x) */
function repeated<Op extends OpType>(op: Op): Rule<Op> {
  return ({ inputs: [x] }, { maker }) => (maker(x, op) ? x : null);
}

/** Both branches the same. */
function whereSame({
  inputs: [, a, b],
  outputs: [output],
}: Node<"Where">): Value | null {
  return a === b && isSameShape(a!.shape, output.shape) ? a : null;
}

function transpose(
  { inputs: [x], attributes: { perm }, outputs: [output] }: Node<"Transpose">,
  { g, maker }: Rewriting,
): Value | null {
  if (perm.every((from, to) => from === to)) return x;
  const inner = maker(x, "Transpose");
  if (inner)
    return g.add("Transpose", inner.inputs, {
      perm: perm.map((axis) => inner.attributes.perm[axis]),
    });
  // Moving axes of size 1 moves no element.
  const moved = perm.filter((axis) => x!.shape[axis] !== 1);
  const staysInOrder = moved.every(
    (axis, index) => index === 0 || axis > moved[index - 1],
  );
  return staysInOrder ? g.add("Reshape", [x], { shape: output.shape }) : null;
}

/** Reductions over axes of size 1. */
function reduceNothing(
  node: Node<OpType & `Reduce${string}`>,
  { g }: Rewriting,
): Value | null {
  const [x] = node.inputs;
  const { axes } = node.attributes;
  if (axes.some((axis) => isLong(node, axis)) || elementCount(x!.shape) === 0)
    return null;
  return g.add("Reshape", [x], { shape: node.outputs[0].shape });
}

/** Zeros put around pictures are the convolution's own pads. */
function absorbPad(
  { inputs: [x, ...rest], attributes }: Node<"Conv">,
  { g, maker }: Rewriting,
): Value | null {
  const pad = maker(x, "Pad");
  if (!pad || pad.attributes.mode !== "constant" || pad.attributes.value !== 0)
    return null;
  const { pads } = pad.attributes;
  const isPicture =
    [0, 1, 4, 5].every((at) => pads[at] === 0) &&
    pads.every((size) => size >= 0);
  if (!isPicture) return null;
  const [top, left, bottom, right] = attributes.pads;
  const joined = [
    top + pads[2],
    left + pads[3],
    bottom + pads[6],
    right + pads[7],
  ] as const;
  return g.add("Conv", [pad.inputs[0], ...rest], {
    ...attributes,
    pads: joined,
  });
}
