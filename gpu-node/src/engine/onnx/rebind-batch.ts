/**
 * Gives another batch to a graph from a file that was exported for a fixed one.
 *
 * Such a file holds its batch in literals: target shapes of Reshape and Expand, and constants repeated per image. The
 * batch is followed through the graph instead of guessed from the numbers: for each value it is known along which axis
 * the images lie, and every literal is changed there and nowhere else. An axis may hold more than the images (windows of
 * an image, heads): [outer, images, inner] laid out as one.
 */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import { elementCount, type Shape } from "../graph/tensor.ts";
import { newGraphBuilder } from "../ops/table.ts";

/** A value in the new batch, and where its images lie. */
interface Rebound {
  readonly value: Value;
  readonly axis: number;
  /** Elements of the axis that stand outside of the images: 1 where the images are its outermost part. */
  readonly outer: number;
}

/** What keeps a node from another batch. */
class Fixed extends Error {}

const elementwise = new Set<OpType>([
  ...([
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Mod",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
  ] as const),
  ...(["LessOrEqual", "And", "Or", "Where", "MatMul", "Gemm"] as const),
]);
/** Their constant indices name images one by one. */
const indexed = new Set<OpType>([
  "GatherElements",
  "ScatterElements",
  "ScatterND",
]);
const overPictures = new Set<OpType>([
  "Conv",
  "ConvTranspose",
  "MaxPool",
  "AveragePool",
  "Resize",
]);

/**
 * Where images that lose their axis in a Reshape go: in with what stood before them or behind. Both are the same numbers in
 * a file for one image; only a later node tells, so that a guess is taken back when one does not work with it.
 */
class Guesses {
  readonly #joinFront = new Map<string, boolean>();
  readonly #revised = new Set<string>();
  #met: string[] = [];

  /** Whether to join the front; `otherwise` where nothing is known of this Reshape. */
  joinsFront(reshape: string, otherwise: boolean): boolean {
    this.#met.push(reshape);
    if (!this.#joinFront.has(reshape)) this.#joinFront.set(reshape, otherwise);
    return this.#joinFront.get(reshape)!;
  }

  /** Takes back the last guess that was not taken back before. @returns false where there is none */
  revise(): boolean {
    const last = this.#met.findLast((reshape) => !this.#revised.has(reshape));
    this.#met = [];
    if (last === undefined) return false;
    this.#revised.add(last);
    this.#joinFront.set(last, !this.#joinFront.get(last));
    return true;
  }
}

/** A batch to bind in place of another. */
interface Rebinding {
  readonly g: GraphBuilder;
  readonly fixedBatch: number;
  readonly batch: number;
  readonly guesses: Guesses;
  /** What no image takes part in: other inputs, and what is computed of them alone. */
  readonly common: ReadonlyMap<Value, Value>;
}

/**
 * @param graph the first axis of its first input is the batch; other inputs are the same for every image
 * @returns the graph for `batch` images
 * @throws MotifError "model" naming the node that only works for the batch of the file
 */
export function rebindBatch(graph: Graph, batch: number, model: string): Graph {
  const guesses = new Guesses();
  let first: unknown;
  for (;;) {
    try {
      return rebindNodes(graph, batch, model, guesses);
    } catch (error) {
      first ??= error;
      if (!(error instanceof MotifError) || !guesses.revise()) throw first;
    }
  }
}

function rebindNodes(
  graph: Graph,
  batch: number,
  model: string,
  guesses: Guesses,
): Graph {
  const [input, ...others] = graph.inputs as readonly [Value, ...Value[]];
  const fixedBatch = input.shape[0];
  const g = newGraphBuilder();
  const values = new Map<Value, Rebound>();
  const newInput = g.input(input.name, input.shape.with(0, batch), input.dtype);
  values.set(input, { value: newInput, axis: 0, outer: 1 });
  const common = new Map(
    others.map((value) => [value, g.input(value.name, value.shape)]),
  );
  for (const node of graph.nodes) {
    try {
      if (!copyCommon(node, common, g))
        rebindNode(node, values, { g, fixedBatch, batch, guesses, common });
    } catch (error) {
      if (!(error instanceof Fixed) && !(error instanceof MotifError))
        throw error;
      throw new MotifError(
        "model",
        `${model}: the file was exported for batches of ${fixedBatch}, and ${node.op} "${node.name}" does not work with ${batch} ` +
          `(${error.message}). Export the model with an open batch (dynamic_axes={"input": {0: "batch"}} in torch.onnx.export).`,
        { cause: error },
      );
    }
  }
  return g.finish(
    graph.outputs.map((output) => values.get(output)?.value ?? output),
  );
}

/** @returns false where an image takes part in the node */
function copyCommon(
  node: Node,
  common: Map<Value, Value>,
  g: GraphBuilder,
): boolean {
  const isCommon = node.inputs.every(
    (value) => value === null || isConstant(value) || common.has(value),
  );
  if (!isCommon) return false;
  const inputs = node.inputs.map(
    (value) => value && (common.get(value) ?? value),
  );
  g.addAll(node.op, inputs, node.attributes, node.name).forEach((value, at) =>
    common.set(node.outputs[at], value),
  );
  return true;
}

function rebindNode(
  node: Node,
  values: Map<Value, Rebound>,
  rebinding: Rebinding,
): void {
  const { g, fixedBatch, batch, common } = rebinding;
  const varying = node.inputs.flatMap((value) =>
    value && values.has(value) ? [{ old: value, ...values.get(value)! }] : [],
  );
  const [first] = varying;
  if (!first) throw new Fixed("it does not depend on the images");
  const { outer } = first;
  if (varying.some((other) => other.outer !== outer))
    throw new Fixed("its inputs hold the images in different orders");
  if (indexed.has(node.op))
    throw new Fixed("its indices name images one by one");
  if (overPictures.has(node.op) && first.axis > 1)
    throw new Fixed("it works across images");
  if (overPictures.has(node.op) && varying.length > 1)
    throw new Fixed("its filter depends on the image");

  const alignedAxis =
    first.axis + node.outputs[0].shape.length - first.old.shape.length;
  const inputs = node.inputs.map((value) => {
    if (!value || !isConstant(value))
      return value && (values.get(value)?.value ?? common.get(value)!);
    if (node.op === "Concat")
      return repeatImages(g, value, first.axis, first, fixedBatch, batch);
    const axis =
      alignedAxis - node.outputs[0].shape.length + value.shape.length;
    const isPerImage =
      elementwise.has(node.op) &&
      axis >= 0 &&
      value.shape[axis] !== 1 &&
      isStacked(node, value, axis);
    return isPerImage
      ? repeatImages(g, value, axis, first, fixedBatch, batch)
      : value;
  });
  const [attributes, newOuter] = rebindAttributes(
    node,
    first,
    alignedAxis,
    rebinding,
  );
  const outputs = g.addAll(node.op, inputs, attributes, node.name);
  node.outputs.forEach((old, index) => {
    const value = outputs[index];
    const changed = old.shape.flatMap((size, axis) =>
      size === value.shape[axis] ? [] : [axis],
    );
    const [axis] = changed;
    const isOne =
      axis !== undefined &&
      changed.length === 1 &&
      old.shape[axis] * batch === value.shape[axis] * fixedBatch;
    if (!isOne) throw new Fixed("it mixes images");
    values.set(old, { value, axis, outer: newOuter });
  });
}

/** Whether `axis` of an operand counts images: MatMul's and Gemm's last axes are rows and columns. */
function isStacked({ op }: Node, value: Value, axis: number): boolean {
  return op === "Gemm"
    ? false
    : op !== "MatMul" || axis < value.shape.length - 2;
}

/** Attributes for the new batch, and `outer` of the outputs. */
function rebindAttributes(
  node: Node,
  { old, axis, outer, value }: Rebound & { readonly old: Value },
  alignedAxis: number,
  { fixedBatch, batch, guesses }: Rebinding,
): [Attributes, number] {
  const { op } = node;
  switch (op) {
    case "Reshape": {
      const { shape } = node.attributes as Attributes<"Reshape">;
      const before = elementCount(old.shape.slice(0, axis)) * outer;
      const places = locate(shape, before, fixedBatch);
      const losesAxis = shape.length < old.shape.length;
      const isFirst =
        places.length === 1 ||
        guesses.joinsFront(`${old.shape.join()} to ${shape.join()}`, losesAxis);
      const [target, newOuter] = isFirst ? places[0] : places[1]!;
      return [
        { shape: shape.with(target, (shape[target] / fixedBatch) * batch) },
        newOuter,
      ];
    }
    case "Expand": {
      const { shape } = node.attributes as Attributes<"Expand">;
      if (shape[alignedAxis] !== old.shape[axis])
        throw new Fixed("it repeats images");
      return [{ shape: shape.with(alignedAxis, value.shape[axis]) }, outer];
    }
    case "Slice": {
      const { starts, ends, axes, steps } =
        node.attributes as Attributes<"Slice">;
      const index = axes.indexOf(axis);
      if (index < 0) return [node.attributes, outer];
      const isWhole =
        starts[index] === 0 &&
        ends[index] >= old.shape[axis] &&
        steps[index] === 1;
      if (!isWhole) throw new Fixed("it takes some images out");
      return [
        { starts, ends: ends.with(index, value.shape[axis]), axes, steps },
        outer,
      ];
    }
    case "Softmax":
    case "LogSoftmax":
    case "Concat":
      if ((node.attributes as Attributes<"Softmax">).axis === axis)
        throw new Fixed("it works across images");
      return [node.attributes, outer];
    default:
      return [node.attributes, outer];
  }
}

/**
 * Where in `shape` images can lie that have `before` elements in front of them: the axis, and how many of those elements
 * are in that axis. Two places where they can join the front or what is behind; then the front comes first.
 */
function locate(
  shape: Shape,
  before: number,
  fixedBatch: number,
): [
  place: readonly [axis: number, outer: number],
  other?: readonly [axis: number, outer: number],
] {
  const fronts = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const exact = fronts.findIndex(
    (front, axis) => front === before && shape[axis] % fixedBatch === 0,
  );
  const within = fronts.findIndex(
    (front, axis) =>
      before % front === 0 &&
      shape[axis] % ((before / front) * fixedBatch) === 0,
  );
  if (within < 0) throw new Fixed(`[${shape.join(",")}] tears images apart`);
  const joined = [within, before / fronts[within]] as const;
  if (exact < 0 || exact === within) return [joined];
  const keepsAxis = shape[exact] === fixedBatch;
  return keepsAxis ? [[exact, 1]] : [joined, [exact, 1]];
}

/** A constant that repeats per image along `axis`, repeated for the new batch. */
function repeatImages(
  g: GraphBuilder,
  value: Constant,
  axis: number,
  { outer }: Rebound,
  fixedBatch: number,
  batch: number,
): Value {
  const size = value.shape[axis] / fixedBatch;
  if (outer !== 1 || !Number.isInteger(size))
    throw new Fixed("a constant differs between images");
  const part = (image: number) =>
    g.add("Slice", [value], {
      starts: [image * size],
      ends: [(image + 1) * size],
      axes: [axis],
      steps: [1],
    });
  const [first, ...others] = Array.from({ length: fixedBatch }, (_, image) =>
    part(image),
  );
  if (
    others.some((other) =>
      other.data!.some((element, i) => element !== first.data![i]),
    )
  ) {
    throw new Fixed("a constant differs between images");
  }
  return g.add(
    "Concat",
    Array.from({ length: batch }, () => first),
    { axis },
  );
}
