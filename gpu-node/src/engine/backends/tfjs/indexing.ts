/**
 * Reading and writing by indices. tfjs wants them counted from the front, and has no kernels that pick or place single
 * elements along an axis: those work on flat tensors, by flat indices.
 */
import {
  elementCount,
  integers,
  rowMajorStrides,
  type Shape,
} from "../../graph/tensor.ts";
import type { TfTensor } from "./platform.ts";
import type { Forwards, Site } from "./site.ts";

/** Indices into an axis of `size`, counted from the front. `size` may be one for each place of a tuple. */
function countFromFront(
  site: Pick<Site, "kernel" | "upload" | "constant">,
  sizes: Shape | number,
): (indices: TfTensor) => TfTensor {
  const known = site.constant(1);
  if (known?.data.every((index) => index >= 0)) return (indices) => indices;
  const [less, cast, multiply, add] = ["Less", "Cast", "Multiply", "Add"].map(
    (name) => site.kernel(name),
  );
  const zero = site.upload(integers([0], []));
  const size = site.upload(
    typeof sizes === "number" ? integers([sizes], []) : integers(sizes),
  );
  return (indices) => {
    const isNegative = less({ a: indices, b: zero });
    const wrapped = multiply({
      a: cast({ x: isNegative }, { dtype: "int32" }),
      b: size,
    });
    return add({ a: indices, b: wrapped });
  };
}

/** For indices [..] along `axis`: flat indices, [count], of the elements of a tensor of `shape` that they mean. */
function flatIndices(
  site: Pick<Site, "kernel" | "upload" | "constant">,
  shape: Shape,
  indicesShape: Shape,
  axis: number,
): (indices: TfTensor) => TfTensor {
  const strides = rowMajorStrides(shape);
  const own = rowMajorStrides(indicesShape);
  const count = elementCount(indicesShape);
  const rest = Array.from({ length: count }, (_, i) =>
    indicesShape.reduce((sum, size, a) => {
      if (a === axis) return sum;
      return sum + (Math.floor(i / own[a]) % size) * strides[a];
    }, 0),
  );
  const [multiply, add, reshape] = ["Multiply", "Add", "Reshape"].map((name) =>
    site.kernel(name),
  );
  const [offsets, stride] = [
    site.upload(integers(rest)),
    site.upload(integers([strides[axis]], [])),
  ];
  const fromFront = countFromFront(site, shape[axis]);
  return (indices) => {
    const places = reshape({ x: fromFront(indices) }, { shape: [count] });
    return add({ a: multiply({ a: places, b: stride }), b: offsets });
  };
}

/** Writes or adds `updates` to `data` where tuples `indices` [n, width] point. */
function scatter(
  site: Pick<Site, "kernel" | "inputs">,
  shape: Shape,
  isAdding: boolean,
): (data: TfTensor, indices: TfTensor, updates: TfTensor) => TfTensor {
  if (!isAdding) {
    const [update, tile] = [
      site.kernel("TensorScatterUpdate"),
      site.kernel("Tile"),
    ];
    const reps = shape.map(() => 1);
    // A copy is written to: the plain JavaScript kernel writes to the tensor that it is given.
    return (data, indices, updates) =>
      update({ tensor: tile({ x: data }, { reps }), indices, updates });
  }
  const [sums, add] = [site.kernel("ScatterNd"), site.kernel("Add")];
  return (data, indices, updates) =>
    add({ a: data, b: sums({ indices, updates }, { shape }) });
}

export const indexing = {
  Gather: (site) => {
    const { axis } = site.attributes;
    const gather = site.kernel("GatherV2");
    const reshape = site.kernel("Reshape");
    const count = elementCount(site.inputs[1]!.shape);
    const fromFront = countFromFront(site, site.inputs[0]!.shape[axis]);
    const [{ shape }] = site.outputs;
    return ([x, indices]) => {
      const places = reshape({ x: fromFront(indices) }, { shape: [count] });
      const blocks = gather({ x, indices: places }, { axis, batchDims: 0 });
      return reshape({ x: blocks }, { shape });
    };
  },
  GatherElements: (site) => {
    const [data, indices] = site.inputs.map((input) => input!.shape);
    const [gather, reshape] = [site.kernel("GatherV2"), site.kernel("Reshape")];
    const places = flatIndices(site, data, indices, site.attributes.axis);
    const size = elementCount(data);
    const [{ shape }] = site.outputs;
    return ([x, at]) => {
      const flat = reshape({ x }, { shape: [size] });
      const picked = gather(
        { x: flat, indices: places(at) },
        { axis: 0, batchDims: 0 },
      );
      return reshape({ x: picked }, { shape });
    };
  },
  ScatterElements: (site) => {
    const [data, indices] = site.inputs.map((input) => input!.shape);
    const { axis, reduction } = site.attributes;
    const reshape = site.kernel("Reshape");
    const places = flatIndices(site, data, indices, axis);
    const [size, count] = [elementCount(data), elementCount(indices)];
    const write = scatter(site, [size], reduction === "add");
    if (count === 0) return ([x]) => reshape({ x }, { shape: data });
    return ([x, at, updates]) => {
      const written = write(
        reshape({ x }, { shape: [size] }),
        reshape({ x: places(at) }, { shape: [count, 1] }),
        reshape({ x: updates }, { shape: [count] }),
      );
      return reshape({ x: written }, { shape: data });
    };
  },
  ScatterND: (site) => {
    const [data, indices] = site.inputs.map((input) => input!.shape);
    const width = indices.at(-1)!;
    const count = elementCount(indices.slice(0, -1));
    const reshape = site.kernel("Reshape");
    const fromFront = countFromFront(site, data.slice(0, width));
    const write = scatter(site, data, site.attributes.reduction === "add");
    if (count === 0) return ([x]) => reshape({ x }, { shape: data });
    return ([x, at, updates]) =>
      write(
        x,
        reshape({ x: fromFront(at) }, { shape: [count, width] }),
        reshape({ x: updates }, { shape: [count, ...data.slice(width)] }),
      );
  },
} satisfies Forwards;
