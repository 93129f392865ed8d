/**
 * Which tensors of a file are its weights: what a training may change. Everything else of it stays: running statistics, tables,
 * masks, numbers that an exporter wrote out, and what a model does to its image before its first weights.
 */
import type { OnnxGraph, OnnxNode, OnnxTensor } from "./model-proto.ts";
import { toDType } from "./tensor-proto.ts";

/** What a weight is to the operator that takes it: its filter or matrix, or a scale or shift with a number a channel. */
export type WeightRole = "filter" | "channels";

type Slots = Readonly<Record<string, readonly number[]>>;

/** Inputs that are filters or matrices. */
const filters: Slots = {
  Conv: [1],
  ConvTranspose: [1],
  Gemm: [0, 1],
  MatMul: [0, 1],
};
/** Inputs that are scales, shifts or slopes. */
const channels: Slots = {
  Conv: [2],
  ConvTranspose: [2],
  Gemm: [2],
  BatchNormalization: [1, 2],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  PRelu: [1],
};
/** Operators that are also there for other ends: a weight there has a number a channel, behind the first filter. */
const elementwise = new Set(["Add", "Sub", "Mul", "Div"]);
/** They move their first input's elements. */
const movers = new Set([
  ...["Cast", "Flatten", "Identity", "Reshape"],
  ...["Squeeze", "Transpose", "Unsqueeze"],
]);

interface Use {
  readonly node: OnnxNode;
  /** Of the node's inputs; −1 where a subgraph of it uses the value. */
  readonly index: number;
}

/** The float tensors all of whose uses are a weight's. */
export function findWeights(
  graph: OnnxGraph,
): ReadonlyMap<OnnxTensor, WeightRole> {
  const uses = usesOf(graph);
  const filtered = behindFilters(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));

  /** Null: it is no weight. */
  const roleOf = (name: string, tensor: OnnxTensor): WeightRole | null => {
    const own = uses.get(name) ?? [];
    if (own.length === 0 || outputs.has(name)) return null;
    const roles = own.map((use) => roleIn(use, tensor));
    if (roles.includes(null)) return null;
    return roles.includes("filter") ? "filter" : "channels";
  };
  const roleIn = (
    { node, index }: Use,
    tensor: OnnxTensor,
  ): WeightRole | null => {
    const { opType, domain, inputs } = node;
    if (domain !== "" || index < 0) return null;
    if (movers.has(opType))
      return index === 0 ? roleOf(node.outputs[0], tensor) : null;
    if (filters[opType]?.includes(index)) return "filter";
    if (channels[opType]?.includes(index)) return "channels";
    const isScaleOrShift =
      elementwise.has(opType) &&
      tensor.dims.filter((size) => size !== 1).length === 1 &&
      filtered.has(inputs[1 - index]);
    return isScaleOrShift ? "channels" : null;
  };

  const roles = new Map<OnnxTensor, WeightRole>();
  for (const tensor of graph.initializers) {
    if (toDType(tensor.dataType) !== "float32") continue;
    const role = roleOf(tensor.name, tensor);
    if (role) roles.set(tensor, role);
  }
  return roles;
}

function usesOf(graph: OnnxGraph): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>();
  const add = (name: string, use: Use) => {
    const known = uses.get(name);
    if (known) known.push(use);
    else uses.set(name, [use]);
  };
  const addInner = (inner: OnnxGraph, node: OnnxNode) => {
    for (const { name } of inner.outputs) add(name, { node, index: -1 });
    for (const each of inner.nodes) {
      for (const name of each.inputs) add(name, { node, index: -1 });
      for (const { graph: deeper } of each.attributes.values())
        if (deeper) addInner(deeper, node);
    }
  };
  for (const node of graph.nodes) {
    node.inputs.forEach((name, index) => add(name, { node, index }));
    for (const { graph: inner } of node.attributes.values())
      if (inner) addInner(inner, node);
  }
  return uses;
}

/** Names of what is computed from a product with a filter. */
function behindFilters(graph: OnnxGraph): ReadonlySet<string> {
  const tensors = new Set(graph.initializers.map(({ name }) => name));
  const behind = new Set<string>();
  /** Tensors, and what is moved of them. */
  const known = new Set(tensors);
  for (const { opType, inputs, outputs } of graph.nodes) {
    if (movers.has(opType) && known.has(inputs[0])) known.add(outputs[0]);
    const isProduct = filters[opType]?.some((index) =>
      known.has(inputs[index]),
    );
    if (isProduct || inputs.some((name) => behind.has(name)))
      for (const name of outputs) behind.add(name);
  }
  return behind;
}
