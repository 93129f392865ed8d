/** What the compiler knows of an operator. One rule an operator; families of rules live in one file each beside this. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import type { Tensor, TensorType } from "../graph/tensor.ts";

export interface OpRule<Op extends OpType> {
  /**
   * Types of the outputs. A trailing optional input may be missing or null.
   * @throws MotifError "graph" saying what does not fit; the builder adds the node's name and input types.
   */
  readonly infer: (
    inputs: readonly (Value | null)[],
    attributes: Attributes<Op>,
  ) => TensorType[];

  /**
   * The reference kernel: the plainest correct computation. Allocates with `zeros(type, ...inputs)` so that float64
   * inputs are computed in float64 throughout. Never writes to its inputs; may return an input's data as it is.
   * @param outputs what `infer` gave
   */
  readonly kernel: (
    inputs: readonly (Tensor | null)[],
    attributes: Attributes<Op>,
    outputs: readonly TensorType[],
  ) => Tensor[];

  /**
   * The vector-Jacobian product, written in graph operators.
   * @param node the node differentiated; its outputs may be used
   * @param cotangents ∂L/∂output for each output, `null` where L does not depend on it (never all null)
   * @param wanted whether ∂L/∂input is needed, for each input: what is not wanted may be left null
   * @returns ∂L/∂input for each input, of the input's shape; `null` where it is zero or the input is not float32
   * `null` instead of a function: the gradient is zero everywhere it exists (comparisons, Sign, ArgMax).
   */
  readonly vjp:
    | null
    | ((
        g: GraphBuilder,
        node: Node<Op>,
        cotangents: readonly (Value | null)[],
        wanted: readonly boolean[],
      ) => (Value | null)[]);
}

/** Rules of some operators: what each family file exports, with `satisfies OpRules`. */
export type OpRules = { readonly [Op in OpType]?: OpRule<Op> };
