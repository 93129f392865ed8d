/**
 * How values lie in memory. The graph's pictures are [N, C, H, W]; tfjs convolves and pools [N, H, W, C]. So values come
 * in arrangements, convolutions give theirs channels last, and what follows them element by element keeps it: only
 * where a channels-last picture meets an operator that needs the order of the axes is it transposed.
 */
import { isConstant, type Node, type Value } from "../../graph/graph.ts";
import type { Attributes, OpType } from "../../graph/operators.ts";
import { elementCount } from "../../graph/tensor.ts";

/** "filter" is [kH, kW, C/group, M] for a filter [M, C/group, kH, kW]. */
export type Arrangement = "asIs" | "channelsLast" | "filter";

/** Which axis of the value stands at each place. */
export const permutations: Readonly<
  Record<Exclude<Arrangement, "asIs">, readonly number[]>
> = {
  channelsLast: [0, 2, 3, 1],
  filter: [2, 3, 1, 0],
};
/** Where the axes N, C, H, W stand in a channels-last picture. */
const placeOf = [0, 3, 1, 2];

/** What a node reads and writes, and its attributes for values that lie so. */
export interface ArrangedNode {
  readonly inputs: readonly Arrangement[];
  readonly outputs: readonly Arrangement[];
  readonly attributes: Attributes;
}

const elementByElement: ReadonlySet<OpType> = new Set<OpType>([
  "Abs",
  "Ceil",
  "Cos",
  "Erf",
  "Exp",
  "Floor",
  "Log",
  "Neg",
  "Reciprocal",
  "Round",
  "Sign",
  "Sin",
  "Sqrt",
  "Relu",
  "Sigmoid",
  "Tanh",
  "Softplus",
  "LeakyRelu",
  "Elu",
  "HardSigmoid",
  "Clip",
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
  "LessOrEqual",
  "And",
  "Or",
  "Not",
  "Where",
  "Cast",
]);

/** @param arrangementOf how a value lies when its node is done */
export function arrange(
  node: Node,
  arrangementOf: (value: Value) => Arrangement,
): ArrangedNode {
  const { op, attributes, inputs, outputs } = node;
  const all = (arrangement: Arrangement, changed = attributes) => ({
    inputs: inputs.map((value) =>
      value?.shape.length === 4 ? arrangement : "asIs",
    ),
    outputs: outputs.map((value) =>
      value.shape.length === 4 ? arrangement : "asIs",
    ),
    attributes: changed,
  });
  switch (op) {
    case "Conv":
    case "ConvTranspose":
      return {
        inputs: ["channelsLast", "filter", "asIs"],
        outputs: ["channelsLast"],
        attributes,
      };
    case "MaxPool":
      return all("channelsLast");
    default:
  }
  const isChannelsLast = inputs.some(
    (value) =>
      value && !isConstant(value) && arrangementOf(value) === "channelsLast",
  );
  if (!isChannelsLast) return all("asIs");
  if (elementByElement.has(op)) {
    const fits = inputs.every(
      (value) => value?.shape.length === 4 || elementCount(value!.shape) === 1,
    );
    return all(fits ? "channelsLast" : "asIs");
  }
  switch (op) {
    case "Concat": {
      const { axis } = attributes as Attributes<"Concat">;
      return all("channelsLast", { axis: placeOf[axis] });
    }
    case "Slice": {
      const slice = attributes as Attributes<"Slice">;
      const axes = slice.axes.map((axis) => placeOf[axis]);
      return all("channelsLast", { ...slice, axes });
    }
    case "Pad": {
      const padding = attributes as Attributes<"Pad">;
      const pads = [0, 4].flatMap((side) =>
        permutations.channelsLast.map((axis) => padding.pads[side + axis]),
      );
      return all("channelsLast", { ...padding, pads });
    }
    case "ReduceSum":
    case "ReduceMean":
    case "ReduceMax":
    case "ReduceMin":
    case "ReduceProd": {
      const { axes, keepDims } = attributes as Attributes<"ReduceSum">;
      // What is left keeps the order of its axes if it holds no channels, or channels without rows and columns.
      const keepsOrder =
        keepDims || axes.includes(1) || (axes.includes(2) && axes.includes(3));
      if (!keepsOrder) return all("asIs");
      const placed = axes.map((axis) => placeOf[axis]).sort((a, b) => a - b);
      return all("channelsLast", { axes: placed, keepDims });
    }
    default:
      return all("asIs");
  }
}
