/**
 * Builds graphs node by node, in order. A node whose inputs are all constants is computed on the spot, so that shape
 * arithmetic, folded weights and the like never become nodes.
 */
import { MotifError } from "../../motif-error.ts";
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "./graph.ts";
import type { Attributes, OpType } from "./operators.ts";
import {
  elementCount,
  floats,
  formatType,
  integers,
  mostElements,
  type Shape,
  type Tensor,
  type TensorType,
} from "./tensor.ts";

/** What the builder asks of the operator table, which it cannot import: operators are built on graphs. */
export interface OperatorSemantics {
  /** Types of the outputs. @throws MotifError "graph" when the inputs do not fit the operator. */
  inferTypes(
    op: OpType,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
  ): TensorType[];
  /** The reference kernel. */
  evaluate(
    op: OpType,
    inputs: readonly (Tensor | null)[],
    attributes: Attributes,
    outputs: readonly TensorType[],
  ): Tensor[];
}

export class GraphBuilder {
  readonly #semantics: OperatorSemantics;
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  readonly #scalars = new Map<string, Constant>();
  #counter = 0;

  constructor(semantics: OperatorSemantics) {
    this.#semantics = semantics;
  }

  /** The nodes added so far. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** Declares a graph input. @throws MotifError "graph" when the name is taken. */
  input(
    name: string,
    shape: Shape,
    dtype: TensorType["dtype"] = "float32",
  ): Value {
    if (this.#names.has(name))
      throw new MotifError("graph", `two inputs are called ${name}`);
    this.#names.add(name);
    const value = { name, dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A constant that shares `tensor`'s data: do not write to it afterwards. */
  constant(tensor: Tensor, name = "constant"): Constant {
    return {
      name: this.#uniqueName(name),
      dtype: tensor.dtype,
      shape: tensor.shape,
      data: tensor.data,
    };
  }

  /** A float32 scalar; the same number gives the same value. */
  scalar(number: number): Constant {
    return this.#shared(`f${number}`, () => floats([number], []));
  }

  /** An int64 scalar; the same number gives the same value. */
  integer(number: number): Constant {
    return this.#shared(`i${number}`, () => integers([number], []));
  }

  /** Adds a node of an operator with one output (of several: the first) and returns that output. */
  add<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | null)[],
    attributes: Attributes<Op>,
    name?: string,
  ): Value {
    return this.addAll(op, inputs, attributes, name)[0];
  }

  /**
   * Adds a node and returns all its outputs.
   * @param name of the node, for errors; made from the operator's where absent
   * @throws MotifError "graph", naming node and operator, when the inputs do not fit
   */
  addAll<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | null)[],
    attributes: Attributes<Op>,
    name?: string,
  ): Value[] {
    const nodeName = this.#uniqueName(name ?? op.toLowerCase());
    let types: TensorType[];
    try {
      types = this.#semantics.inferTypes(op, inputs, attributes);
      for (const type of types) {
        if (elementCount(type.shape) > mostElements)
          throw new MotifError(
            "graph",
            `its output ${formatType(type)} is too large`,
          );
      }
    } catch (error) {
      if (!(error instanceof MotifError)) throw error;
      const given = inputs
        .map((value) => (value ? formatType(value) : "–"))
        .join(", ");
      throw new MotifError(
        "graph",
        `${op} "${nodeName}" (${given}): ${error.message}`,
        { cause: error },
      );
    }
    if (inputs.every((value) => value === null || isConstant(value))) {
      const results = this.#semantics.evaluate(op, inputs, attributes, types);
      return results.map((tensor) => this.constant(tensor, nodeName));
    }
    const outputs = types.map((type, index) => ({
      name: index === 0 ? nodeName : this.#uniqueName(`${nodeName}.${index}`),
      dtype: type.dtype,
      shape: type.shape,
    }));
    this.#nodes.push({ op, name: nodeName, inputs, attributes, outputs });
    return outputs;
  }

  /** Takes over the inputs and nodes of `graph` as they are, keeping every value's identity. */
  adopt(graph: Graph): void {
    for (const { name } of [
      ...graph.inputs,
      ...graph.nodes.flatMap((node) => node.outputs),
    ]) {
      if (this.#names.has(name))
        throw new MotifError("graph", `two values are called ${name}`);
      this.#names.add(name);
    }
    this.#inputs.push(...graph.inputs);
    this.#nodes.push(...graph.nodes);
  }

  /** The finished graph with these outputs; nodes that none of them needs are left out. */
  finish(outputs: readonly Value[]): Graph {
    const needed = new Set<Value>(outputs);
    const nodes: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      nodes.push(node);
      for (const value of node.inputs) if (value) needed.add(value);
    }
    return {
      inputs: [...this.#inputs],
      outputs: [...outputs],
      nodes: nodes.reverse(),
    };
  }

  #shared(key: string, make: () => Tensor): Constant {
    let value = this.#scalars.get(key);
    if (!value) this.#scalars.set(key, (value = this.constant(make(), key)));
    return value;
  }

  #uniqueName(wanted: string): string {
    let name = wanted;
    while (this.#names.has(name)) name = `${wanted}_${++this.#counter}`;
    this.#names.add(name);
    return name;
  }
}
