/** Matrix products. */
import { elementCount, type Shape } from "../../graph/tensor.ts";
import { repeat } from "./elementwise.ts";
import type { TfTensor } from "./platform.ts";
import type { Forwards, Site } from "./site.ts";

/** [..., rows, depth] · [depth, columns], one product for all rows: the form that every provider is fast at. */
export function multiplyRows(
  site: Pick<Site, "kernel">,
): (a: TfTensor, b: TfTensor) => TfTensor {
  const [product, reshape] = [
    site.kernel("BatchMatMul"),
    site.kernel("Reshape"),
  ];
  return (a, b) => {
    const depth = a.shape.at(-1)!;
    const rows = reshape(
      { x: a },
      { shape: [1, elementCount(a.shape) / depth, depth] },
    );
    const matrix = reshape({ x: b }, { shape: [1, ...b.shape] });
    const result = product(
      { a: rows, b: matrix },
      { transposeA: false, transposeB: false },
    );
    return reshape(
      { x: result },
      { shape: [...a.shape.slice(0, -1), b.shape[1]] },
    );
  };
}

export const products = {
  MatMul: (site) => {
    const [a, b] = site.inputs.map((input) => input!.shape) as [Shape, Shape];
    const [{ shape }] = site.outputs;
    const [product, reshape] = [
      site.kernel("BatchMatMul"),
      site.kernel("Reshape"),
    ];
    if (b.length <= 2) {
      const multiply = multiplyRows(site);
      const matrix = b.length === 1 ? [...b, 1] : b;
      return ([x, y]) => {
        const columns = reshape({ x: y }, { shape: matrix });
        return reshape({ x: multiply(x, columns) }, { shape });
      };
    }
    const rows = a.length === 1 ? [1, ...a] : a;
    const batch = shape.slice(0, a.length === 1 ? -1 : -2);
    const count = elementCount(batch);
    const [wholeA, wholeB] = [rows, b].map((own) =>
      repeat(site, own, [...batch, ...own.slice(-2)]),
    );
    return ([x, y]) => {
      const left = wholeA(reshape({ x }, { shape: rows }));
      const right = wholeB(y);
      const result = product(
        {
          a: reshape({ x: left }, { shape: [count, ...rows.slice(-2)] }),
          b: reshape({ x: right }, { shape: [count, ...b.slice(-2)] }),
        },
        { transposeA: false, transposeB: false },
      );
      return reshape({ x: result }, { shape });
    };
  },
  Gemm: (site) => {
    const { transA, transB } = site.attributes;
    const [product, reshape, add] = ["BatchMatMul", "Reshape", "Add"].map(
      (name) => site.kernel(name),
    );
    const [{ shape }] = site.outputs;
    const [a, b] = site.inputs.map((input) => input?.shape) as [Shape, Shape];
    return ([x, y, bias]) => {
      const result = product(
        {
          a: reshape({ x }, { shape: [1, ...a] }),
          b: reshape({ x: y }, { shape: [1, ...b] }),
        },
        { transposeA: transA, transposeB: transB },
      );
      const matrix = reshape({ x: result }, { shape });
      return bias ? add({ a: matrix, b: bias }) : matrix;
    };
  },
} satisfies Forwards;
