/** Values known while importing: constants, sizes, ranges. Shapes are static, so shape arithmetic folds away here. */
import { isConstant, type Value } from "../../graph/graph.ts";
import {
  elementCount,
  floats,
  integers,
  type Tensor,
} from "../../graph/tensor.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

function constant(call: OnnxCall): Value {
  const { node } = call;
  const tensor = call.tensor("value");
  const one = (name: string) => node.attributes.get(name);
  const known: Tensor | undefined =
    tensor ??
    (one("value_float") && floats([call.float("value_float", 0)], [])) ??
    (one("value_int") && integers([call.int("value_int", 0)], [])) ??
    (one("value_floats") && floats(one("value_floats")?.floats ?? [])) ??
    (one("value_ints") && integers(one("value_ints")?.ints ?? []));
  if (!known) return call.fail("only constants of numbers can be used");
  if (known.data.some(Number.isNaN))
    call.fail(
      "its value is no number (NaN). The file is damaged: export it again.",
    );
  return call.g.constant(known, call.name);
}

function constantOfShape(call: OnnxCall): Value {
  const shape = call.credible(call.knownIntegers(0, "shape"));
  const value = call.tensor("value") ?? floats([0]);
  if (value.data.length !== 1) call.fail("its value should be one number");
  return call.add("Expand", [call.g.constant({ ...value, shape: [] })], {
    shape,
  });
}

function range(call: OnnxCall): Value {
  const [start, limit, delta] = ["start", "limit", "delta"].map((what, index) =>
    call.knownNumber(index, what),
  ) as [number, number, number];
  const length =
    delta === 0 ? NaN : Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isSafeInteger(length))
    call.fail(`from ${start} to ${limit} by ${delta} is no range`);
  call.reserve(length);
  const numbers = Array.from({ length }, (_, index) => start + index * delta);
  return call.g.constant(
    call.input(0).dtype === "int64" ? integers(numbers) : floats(numbers),
    call.name,
  );
}

function shapeOf(call: OnnxCall): Value {
  const { shape } = call.input(0);
  // Opset 15 can take a part, with negative and excessive bounds as in Array.slice.
  return call.g.constant(
    integers(shape.slice(call.int("start", 0), call.int("end", shape.length))),
    call.name,
  );
}

/** A copy of `tensor` with sums along an axis, as NumPy's cumsum. */
function cumulate(
  tensor: Tensor,
  axis: number,
  isExclusive: boolean,
  isReverse: boolean,
): Tensor {
  const data = tensor.data.slice();
  const size = tensor.shape[axis];
  const inner = elementCount(tensor.shape.slice(axis + 1));
  for (let row = 0; row * size < data.length; row++) {
    const first = Math.floor(row / inner) * size * inner + (row % inner);
    let sum = 0;
    for (let step = 0; step < size; step++) {
      const at = first + (isReverse ? size - 1 - step : step) * inner;
      const before = sum;
      sum += tensor.data[at];
      data[at] = isExclusive ? before : sum;
    }
  }
  return { ...tensor, data };
}

/** Where the elements that are not 0 stand: [rank, count]. */
function nonZero(call: OnnxCall): Value {
  const { shape, data } = call.known(0, "input");
  call.reserve(shape.length * data.length);
  const places: number[][] = shape.map(() => []);
  data.forEach((value: number, index: number) => {
    if (value === 0) return;
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      places[axis].push(rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
  });
  return call.g.constant(
    integers(places.flat(), [shape.length, places[0]?.length ?? 0]),
    call.name,
  );
}

/** Keeps the triangle above (or below) the k-th diagonal of the last two axes. */
function triangle(call: OnnxCall): Value {
  const x = call.input(0);
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined)
    return call.fail("its input should be matrices");
  call.reserve(rows * columns);
  const diagonal = call.optional(1) ? call.knownNumber(1, "k") : 0;
  const isUpper = call.flag("upper", true);
  const mask = new Uint8Array(rows * columns);
  for (let i = 0; i < mask.length; i++) {
    const offset = (i % columns) - Math.floor(i / columns) - diagonal;
    mask[i] = Number(isUpper ? offset >= 0 : offset <= 0);
  }
  const kept = call.g.constant({
    dtype: "bool",
    shape: [rows, columns],
    data: mask,
  });
  const zero =
    x.dtype === "float32"
      ? call.g.scalar(0)
      : x.dtype === "int64"
        ? call.g.integer(0)
        : null;
  return zero
    ? call.add("Where", [kept, x, zero], {})
    : call.add("And", [kept, x], {});
}

/** Drops nothing: outside of training, and in training mode at a ratio of 0, which PyTorch's Swin transformers write. */
function dropout(call: OnnxCall): Value | readonly Value[] {
  const x = call.input(0);
  const [ratio, training] = [call.optional(1), call.optional(2)];
  const isOff = (value: Value | null) =>
    value !== null && isConstant(value) && value.data[0] === 0;
  if (training && !isOff(training) && !isOff(ratio)) {
    call.fail(
      "it is exported in training mode. Call model.eval() and export again.",
    );
  }
  if (call.node.outputs.length < 2) return x;
  const kept = call.g.constant({
    dtype: "bool",
    shape: [],
    data: Uint8Array.of(1),
  });
  return [x, call.add("Expand", [kept], { shape: x.shape })];
}

export const constants: Lowerings = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shapeOf,
  Size: (call) => call.g.integer(elementCount(call.input(0).shape)),
  NonZero: nonZero,
  Trilu: triangle,
  CumSum: (call) => {
    const tensor = call.known(0, "input");
    const axis = call.axis(call.knownNumber(1, "axis"), tensor.shape.length);
    call.reserve(tensor.data.length);
    return call.g.constant(
      cumulate(tensor, axis, call.flag("exclusive"), call.flag("reverse")),
      call.name,
    );
  },
  Identity: (call) => call.input(0),
  Dropout: dropout,
  If: (call) => {
    const condition = call.input(0);
    if (!isConstant(condition)) {
      return call.fail(
        "its condition depends on the image. Export the model without control flow (torch.onnx.export of a traced model).",
      );
    }
    const branch = call.attribute(
      condition.data[0] === 0 ? "else_branch" : "then_branch",
    )?.graph;
    return branch ? call.inline(branch) : call.fail("its branch is missing");
  },
};
