/** Linear maps of pictures that work on rows and on columns one after the other: average pools, resizing. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { floats, type Tensor } from "../graph/tensor.ts";

/** A map of one axis: element `to` of the result is Σ weight · element `from` of the source. */
export interface AxisMap {
  readonly from: number;
  readonly to: number;
  /** For each element of the result. */
  readonly terms: readonly (readonly {
    readonly index: number;
    readonly weight: number;
  }[])[];
}

/** `planes` pictures [from rows, from columns] in `source`, mapped into `out`. */
export function mapPictures(
  source: Tensor,
  out: Tensor,
  rows: AxisMap,
  columns: AxisMap,
): void {
  const planes = out.data.length / (rows.to * columns.to || 1);
  let to = 0;
  for (let plane = 0; plane < planes; plane++) {
    const begin = plane * rows.from * columns.from;
    for (const rowTerms of rows.terms) {
      for (const columnTerms of columns.terms) {
        let sum = 0;
        for (const row of rowTerms) {
          let line = 0;
          for (const { index, weight } of columnTerms)
            line +=
              weight * source.data[begin + row.index * columns.from + index];
          sum += row.weight * line;
        }
        out.data[to++] = sum;
      }
    }
  }
}

/** The matrix [from, to] of a map, or its transpose [to, from]. */
function matrixOf(
  g: GraphBuilder,
  { from, to, terms }: AxisMap,
  isTransposed: boolean,
): Value {
  const data = new Float32Array(from * to);
  terms.forEach((list, row) => {
    for (const { index, weight } of list)
      data[isTransposed ? row * from + index : index * to + row] += weight;
  });
  return g.constant(
    floats(data, isTransposed ? [to, from] : [from, to]),
    "axis_map",
  );
}

/**
 * ∂L/∂picture for a picture mapped by `rows` and `columns`: two products by constant matrices.
 * @param cotangent [N, C, rows.to, columns.to]
 * @returns [N, C, rows.from, columns.from]
 */
export function transposeMap(
  g: GraphBuilder,
  cotangent: Value,
  rows: AxisMap,
  columns: AxisMap,
): Value {
  const lines = g.add("MatMul", [cotangent, matrixOf(g, columns, true)], {});
  return g.add("MatMul", [matrixOf(g, rows, false), lines], {});
}
