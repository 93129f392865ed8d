/**
 * Strided slices of pictures whose channels are then padded with zeros: the shortcuts without parameters of residual nets
 * (He et al. 2016, section 4.2, option A). A 1×1 convolution with a filter of zeros and ones selects the same, exactly; it is
 * differentiated and scheduled like the convolutions around it, where slices and pads would take runtimes out of the layout
 * that they keep pictures in.
 */
import type { Graph, Node, Value } from "../graph/graph.ts";
import { floats } from "../graph/tensor.ts";
import { rewriteNodes, type Rewriting } from "./rewrite.ts";

/** The same function, with such slices and pads as convolutions. */
export function selectByConvolution(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriting) => {
    if (node.op !== "Pad") return null;
    const value = selection(node as Node<"Pad">, rewriting);
    return value && [value];
  });
}

function selection(
  { inputs, attributes, outputs: [output] }: Node<"Pad">,
  { g, maker }: Rewriting,
): Value | null {
  const { pads, mode, value } = attributes;
  const isOfChannels =
    output.shape.length === 4 &&
    output.dtype === "float32" &&
    pads.every((pad, at) => (at % 4 === 1 ? pad >= 0 : pad === 0));
  if (!isOfChannels || mode !== "constant" || value !== 0) return null;

  const strides: [number, number] = [1, 1];
  let source = inputs[0]!;
  for (;;) {
    const slice = maker(source, "Slice");
    if (!slice) break;
    const from = slice.inputs[0]!;
    for (const [index, axis] of slice.attributes.axes.entries()) {
      const step = slice.attributes.steps[index];
      const count = Math.ceil(from.shape[axis] / step);
      const isWholePicture =
        axis >= 2 &&
        step > 0 &&
        slice.attributes.starts[index] === 0 &&
        source.shape[axis] === count;
      if (!isWholePicture) return null;
      strides[axis - 2] *= step;
    }
    source = from;
  }
  if (strides[0] === 1 && strides[1] === 1) return null;

  const [channels, kept] = [output.shape[1], source.shape[1]];
  const filter = new Float32Array(channels * kept);
  for (let c = 0; c < kept; c++) filter[(pads[1] + c) * kept + c] = 1;
  return g.add(
    "Conv",
    [source, g.constant(floats(filter, [channels, kept, 1, 1]), "selection")],
    { strides, pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 },
  );
}
