/**
 * One ONNX node on its way into the graph: checked access to its inputs and attributes, and what a lowering adds nodes
 * with. A lowering turns an ONNX operator, in whatever opset, into canonical operators.
 */
import { MotifError } from "../../../motif-error.ts";
import type { GraphBuilder } from "../../graph/graph-builder.ts";
import { isConstant, type Constant, type Value } from "../../graph/graph.ts";
import type { Attributes, OpType } from "../../graph/operators.ts";
import {
  elementCount,
  mostElements,
  type Shape,
  type Tensor,
} from "../../graph/tensor.ts";
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "../model-proto.ts";
import { decodeTensor } from "../tensor-proto.ts";
import type { FoldingBudget } from "./folding-budget.ts";

/** @returns the node's outputs, or the first of them */
export type Lowering = (call: OnnxCall) => Value | readonly Value[];
/** Lowerings by ONNX operator: what each family file exports. */
export type Lowerings = Readonly<Record<string, Lowering>>;

export interface OnnxCallOptions {
  readonly g: GraphBuilder;
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly opset: number;
  /** The model's name, for messages. */
  readonly model: string;
  readonly budget: FoldingBudget;
  /** Lowers the nodes of a subgraph in place, where it sees the values around it. */
  readonly inline: (graph: OnnxGraph) => readonly Value[];
}

export class OnnxCall {
  readonly g: GraphBuilder;
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly opset: number;
  readonly inline: (graph: OnnxGraph) => readonly Value[];
  /** The node's name, or its first output's where it has none. */
  readonly name: string;
  readonly #model: string;
  readonly #budget: FoldingBudget;

  constructor(options: OnnxCallOptions) {
    const { g, node, inputs, opset, model, budget, inline } = options;
    this.g = g;
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.inline = inline;
    this.name = nodeName(node);
    this.#model = model;
    this.#budget = budget;
  }

  /** @throws MotifError "model" naming the node; `reason` says what is wrong and, where it can be mended, how. */
  fail(reason: string): never {
    throw new MotifError(
      "model",
      `${this.#model}: ${describeNode(this.node, this.opset)}: ${reason}`,
    );
  }

  /** Adds a canonical node that bears this node's name. */
  add<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | null)[],
    attributes: Attributes<Op>,
  ): Value {
    return this.g.add(op, inputs, attributes, this.name);
  }

  // Inputs.

  input(index: number): Value {
    return this.inputs[index] ?? this.fail(`input ${index} is missing`);
  }

  optional(index: number): Value | null {
    return this.inputs[index] ?? null;
  }

  /** An input whose numbers must be known now. `what` names its role. */
  known(index: number, what: string): Constant {
    const value = this.input(index);
    if (isConstant(value)) return value;
    return this.fail(
      `its ${what} depends on the image. Export the model with fixed sizes (no dynamic axes but the batch).`,
    );
  }

  knownIntegers(index: number, what: string): number[] {
    const numbers = [...this.known(index, what).data];
    if (!numbers.every((number) => Number.isInteger(number)))
      this.fail(`its ${what} [${numbers.join(",")}] are no whole numbers`);
    return numbers;
  }

  optionalIntegers(index: number, what: string): number[] | undefined {
    return this.optional(index) ? this.knownIntegers(index, what) : undefined;
  }

  knownNumber(index: number, what: string): number {
    const { data } = this.known(index, what);
    if (data.length !== 1)
      this.fail(`its ${what} should be one number, it is ${data.length}`);
    return data[0];
  }

  // Attributes.

  attribute(name: string): OnnxAttribute | undefined {
    return this.node.attributes.get(name);
  }

  int(name: string, otherwise: number): number {
    return this.attribute(name)?.int ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, Number(otherwise)) !== 0;
  }

  float(name: string, otherwise: number): number {
    const value = this.attribute(name)?.float ?? otherwise;
    return Number.isNaN(value)
      ? this.fail(`attribute ${name} is no number`)
      : value;
  }

  text(name: string, otherwise: string): string {
    return this.attribute(name)?.string ?? otherwise;
  }

  /** Undefined where the attribute is absent. */
  ints(name: string): readonly number[] | undefined {
    return this.attribute(name)?.ints;
  }

  tensor(name: string): Tensor | undefined {
    const tensor = this.attribute(name)?.tensor;
    return (
      tensor &&
      decodeTensor(
        tensor,
        `${this.#model}: ${describeNode(this.node, this.opset)}: ${name}`,
      )
    );
  }

  // Sizes.

  /** A non-negative axis from one that may count from the end. */
  axis(axis: number, rank: number): number {
    const fromFront = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(fromFront) && fromFront >= 0 && fromFront < rank)
      return fromFront;
    return this.fail(`axis ${axis} is not one of a tensor of ${rank} axes`);
  }

  /** `axis` of several, ascending. */
  axes(axes: readonly number[], rank: number): number[] {
    const fromFront = axes.map((axis) => this.axis(axis, rank));
    if (new Set(fromFront).size < axes.length)
      this.fail(`axes [${axes.join(",")}] name an axis twice`);
    return fromFront.sort((a, b) => a - b);
  }

  /** Refuses shapes that no classifier has, before anything of that size is computed. */
  credible(shape: Shape): Shape {
    const isShape = shape.every(
      (size) => Number.isSafeInteger(size) && size >= 0,
    );
    if (!isShape) this.fail(`[${shape.join(",")}] is not a shape`);
    if (elementCount(shape) > mostElements)
      this.fail(`[${shape.join(",")}] is too large`);
    return shape;
  }

  /** Before a constant of so many elements is made by a lowering itself. @throws BudgetSpent when it is too much */
  reserve(elements: number): void {
    this.#budget.reserve(elements);
  }

  /** `value` in `shape`, by a node only where that differs. */
  reshape(value: Value, shape: Shape): Value {
    const isSame =
      value.shape.length === shape.length &&
      value.shape.every((size, axis) => size === shape[axis]);
    return isSame ? value : this.add("Reshape", [value], { shape });
  }

  /** `value` with its axes in the order `perm`, by a node only where that differs. */
  transpose(value: Value, perm: readonly number[]): Value {
    return perm.every((from, to) => from === to)
      ? value
      : this.add("Transpose", [value], { perm });
  }

  /** Every axis of `value`. */
  allAxes(value: Value): number[] {
    return value.shape.map((_, axis) => axis);
  }
}

export function nodeName(node: OnnxNode): string {
  return (
    node.name ||
    node.outputs.find((name) => name !== "") ||
    node.opType.toLowerCase()
  );
}

/** `Conv "features.0" (opset 13)` */
export function describeNode(node: OnnxNode, opset: number): string {
  const domain = node.domain === "" ? "" : `${node.domain}::`;
  return `${domain}${node.opType} "${nodeName(node)}" (opset ${opset})`;
}
