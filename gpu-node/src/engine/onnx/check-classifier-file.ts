/** For tests: a small classifier as an ONNX file, to be changed in one place at a time. */
import { sequence } from "../ops/check-operator.ts";
import {
  floatTensor,
  writeOnnx,
  type FileNode,
  type FileTensor,
  type OnnxFile,
} from "./check-onnx-file.ts";

const filter = floatTensor("filter", [4, 3, 3, 3], sequence(108, 1));
const bias = floatTensor("bias", [4], sequence(4, 2));
const weights = floatTensor("weights", [5, 4], sequence(20, 3));

/** Convolution, ReLU, global pool and a linear layer: [N, 3, 8, 8] to [N, 5]. */
export const classifier = {
  opset: 13,
  inputs: [{ name: "image", shape: ["batch", 3, 8, 8] }],
  outputs: [{ name: "logits", shape: ["batch", 5] }],
  initializers: [filter, bias, weights] as readonly FileTensor[],
  nodes: [
    {
      op: "Conv",
      name: "first",
      inputs: ["image", "filter", "bias"],
      outputs: ["c"],
      attributes: { pads: { ints: [1, 1, 1, 1] } },
    },
    { op: "Relu", inputs: ["c"], outputs: ["r"] },
    { op: "GlobalAveragePool", inputs: ["r"], outputs: ["p"] },
    { op: "Flatten", inputs: ["p"], outputs: ["f"] },
    {
      op: "Gemm",
      name: "head",
      inputs: ["f", "weights"],
      outputs: ["logits"],
      attributes: { transB: { int: 1 } },
    },
  ] as readonly FileNode[],
} satisfies OnnxFile;

/** The classifier with `changes` made to it. */
export const changed = (changes: Partial<OnnxFile>): Uint8Array =>
  writeOnnx({ ...classifier, ...changes });

/** The classifier with nodes between its logits, now called "scores", and its output "logits". */
export const continued = (
  nodes: readonly FileNode[],
  initializers: readonly FileTensor[] = [],
  changes: Partial<OnnxFile> = {},
): Uint8Array =>
  changed({
    nodes: [
      ...classifier.nodes.map((node) =>
        node.name === "head" ? { ...node, outputs: ["scores"] } : node,
      ),
      ...nodes,
    ],
    initializers: [...classifier.initializers, ...initializers],
    ...changes,
  });
