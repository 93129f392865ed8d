/** Reading and writing by indices. */
import type { Value } from "../../graph/graph.ts";
import { elementCount, integers, rowMajorStrides } from "../../graph/tensor.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

const axisOf = (call: OnnxCall) =>
  call.axis(call.int("axis", 0), call.input(0).shape.length);

function reductionOf(call: OnnxCall): "none" | "add" {
  const reduction = call.text("reduction", "none");
  return reduction === "none" || reduction === "add"
    ? reduction
    : call.fail(`reduction "${reduction}" is not supported`);
}

/** Tuples of indices as one index into the axes they name, laid out as one: Gather does the rest. */
function gatherND(call: OnnxCall): Value {
  const [data, indices] = [call.input(0), call.input(1)];
  if (call.int("batch_dims", 0) !== 0)
    call.fail("batch_dims other than 0 are not supported");
  const width = indices.shape.at(-1) ?? 0;
  if (width < 1 || width > data.shape.length)
    call.fail(
      `indices [${indices.shape.join(",")}] do not fit [${data.shape.join(",")}]`,
    );
  const named = data.shape.slice(0, width);
  // As one index, a tuple beyond the end of an axis would name another element.
  indices.data?.forEach((index: number, at: number) => {
    const size = named[at % width];
    if (index < -size || index >= size)
      call.fail(
        `index ${index} lies outside of [${data.shape.join(",")}], axis ${at % width}`,
      );
  });
  const { g } = call;
  const isNegative = call.add("Less", [indices, g.integer(0)], {});
  const wrapped = call.add("Add", [indices, g.constant(integers(named))], {});
  const fromFront = call.add("Where", [isNegative, wrapped, indices], {});
  const offsets = call.add(
    "Mul",
    [fromFront, g.constant(integers(rowMajorStrides(named)))],
    {},
  );
  const flat = call.add("ReduceSum", [offsets], {
    axes: [indices.shape.length - 1],
    keepDims: false,
  });
  const rows = call.reshape(data, [
    elementCount(named),
    ...data.shape.slice(width),
  ]);
  return call.add("Gather", [rows, flat], { axis: 0 });
}

const scatterElements = (call: OnnxCall) =>
  call.add("ScatterElements", call.inputs, {
    axis: axisOf(call),
    reduction: reductionOf(call),
  });

export const indexing: Lowerings = {
  Gather: (call) => call.add("Gather", call.inputs, { axis: axisOf(call) }),
  GatherElements: (call) =>
    call.add("GatherElements", call.inputs, { axis: axisOf(call) }),
  GatherND: gatherND,
  /** The name of ScatterElements before opset 11. */
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: (call) =>
    call.add("ScatterND", call.inputs, { reduction: reductionOf(call) }),
};
