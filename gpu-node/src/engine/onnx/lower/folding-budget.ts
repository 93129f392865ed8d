/**
 * Bounds what importing a file may compute. Whatever depends on constants alone is computed on the spot, and a few bytes
 * can ask for terabytes, or for hours: by one node, or by thousands of modest ones.
 */
import type { Attributes, OpType } from "../../graph/operators.ts";
import { elementCount, type TensorType } from "../../graph/tensor.ts";

/** Elements that may be made from a file of a few bytes: masks, grids of positions. */
const freeElements = 2 ** 24;
/** Elements read, written and multiplied: some seconds of the reference kernels. Reordering 2 GiB of weights takes half. */
const mostWork = 2 ** 31;

/** A file asks for more than an image classifier's shape arithmetic and weights need. */
export class BudgetSpent extends Error {}

export class FoldingBudget {
  readonly #mostElements: number;
  #elements = 0;
  #work = 0;

  /** @param fileBytes size of the file: weights may be reordered, scaled and joined, so that several copies arise */
  constructor(fileBytes: number) {
    this.#mostElements = freeElements + fileBytes;
  }

  /** Called before a node of constants is computed. @throws BudgetSpent when it would be too much in all */
  spend(
    op: OpType,
    inputs: readonly (TensorType | null)[],
    attributes: Attributes,
    outputs: readonly TensorType[],
  ): void {
    const made = total(outputs);
    this.reserve(made);
    this.#work += made + total(inputs) + products(op, inputs, attributes, made);
    if (this.#work > mostWork)
      throw new BudgetSpent(
        "too much has to be computed before the image comes in, which no image classifier needs. Export it with constant folding, or the file is not what it says.",
      );
  }

  /** Called before constants of so many elements are made in another way. @throws BudgetSpent as `spend` does */
  reserve(elements: number): void {
    this.#elements += elements;
    if (this.#elements > this.#mostElements)
      throw new BudgetSpent(
        `constants of more than ${this.#mostElements} elements in all are computed up to here, which no image classifier needs. The file is damaged or not what it says.`,
      );
  }
}

function total(types: readonly (TensorType | null)[]): number {
  return types.reduce(
    (sum, type) => sum + (type ? elementCount(type.shape) : 0),
    0,
  );
}

/** Multiplications, or comparisons in windows; an upper bound. */
function products(
  op: OpType,
  inputs: readonly (TensorType | null)[],
  attributes: Attributes,
  made: number,
): number {
  const [x, filter] = inputs;
  switch (op) {
    case "MatMul":
    case "Gemm":
      return made * Math.max(1, ...(x?.shape.slice(-2) ?? []));
    case "Conv":
      return made * elementCount(filter?.shape.slice(1) ?? []);
    case "ConvTranspose":
      return total([x ?? null]) * elementCount(filter?.shape.slice(1) ?? []);
    case "MaxPool":
    case "AveragePool":
      return (
        made * elementCount((attributes as Attributes<"MaxPool">).kernelShape)
      );
    default:
      return 0;
  }
}
