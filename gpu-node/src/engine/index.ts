/** The engine's face: what search, training and evaluation may use of it. */
export type { Backend, Executable } from "./backends/backend.ts";
export { onnxruntimeBackend } from "./backends/onnxruntime.ts";
export { referenceBackend } from "./backends/reference.ts";
export { valueAndGrad } from "./autodiff/value-and-grad.ts";
export { printGraph, type Graph, type Value } from "./graph/graph.ts";
export type { GraphBuilder } from "./graph/graph-builder.ts";
export {
  floats,
  integers,
  type Shape,
  type TensorData,
} from "./graph/tensor.ts";
export { newGraphBuilder } from "./ops/table.ts";
export { graft } from "./graph/graft.ts";
export { importModel, type ImportedModel } from "./onnx/import-model.ts";
export { exportModel } from "./onnx/export-model.ts";
export {
  chooseBackend,
  describeTrials,
  type BackendRequest,
} from "./selection/choose-backend.ts";
export { optimize } from "./passes/optimize.ts";
