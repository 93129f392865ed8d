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

/** What exporters write around weights: a prepared image, statistics, a factor, a mask, a matrix the other way round. */
export const normalised = {
  opset: 13,
  inputs: [{ name: "image", shape: ["batch", 3, 8, 8] }],
  outputs: [{ name: "logits", shape: ["batch", 5] }],
  initializers: [
    floatTensor("image_mean", [1, 3, 1, 1], [0.4, 0.5, 0.6]),
    ...[filter, bias],
    floatTensor("gamma", [4], [1.1, 0.9, 1.3, 0.7]),
    floatTensor("beta", [4], [0.3, -0.1, 0.2, 0.1]),
    floatTensor("running_mean", [4], [0.2, -0.2, 0.1, 0]),
    floatTensor("running_variance", [4], [0.5, 1.5, 0.8, 2]),
    floatTensor("factor", [], [0.5]),
    floatTensor("shift", [4, 1, 1], [0.1, 0.2, -0.1, 0.3]),
    floatTensor("mask", [1, 4, 8, 8], sequence(256, 4)),
    weights,
    floatTensor("head_bias", [5], sequence(5, 5)),
  ] as readonly FileTensor[],
  nodes: [
    { op: "Sub", inputs: ["image", "image_mean"], outputs: ["prepared"] },
    {
      op: "Conv",
      inputs: ["prepared", "filter", "bias"],
      outputs: ["c"],
      attributes: { pads: { ints: [1, 1, 1, 1] } },
    },
    {
      op: "BatchNormalization",
      inputs: ["c", "gamma", "beta", "running_mean", "running_variance"],
      outputs: ["n"],
    },
    { op: "Sigmoid", inputs: ["n"], outputs: ["s"] },
    { op: "Mul", inputs: ["s", "factor"], outputs: ["scaled"] },
    { op: "Add", inputs: ["scaled", "shift"], outputs: ["shifted"] },
    { op: "Mul", inputs: ["shifted", "mask"], outputs: ["masked"] },
    { op: "GlobalAveragePool", inputs: ["masked"], outputs: ["p"] },
    { op: "Flatten", inputs: ["p"], outputs: ["f"] },
    {
      op: "Transpose",
      inputs: ["weights"],
      outputs: ["turned"],
      attributes: { perm: { ints: [1, 0] } },
    },
    { op: "MatMul", name: "head", inputs: ["f", "turned"], outputs: ["m"] },
    { op: "Add", inputs: ["m", "head_bias"], outputs: ["logits"] },
  ] as readonly FileNode[],
} satisfies OnnxFile;
