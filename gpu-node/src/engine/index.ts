/** The engine's face: what search, training and evaluation may use of it. */
export type { Backend, BackendName, Executable } from "./backends/backend.ts";
export { referenceBackend } from "./backends/reference.ts";
export { valueAndGrad } from "./autodiff/value-and-grad.ts";
export {
  printGraph,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "./graph/graph.ts";
export type { GraphBuilder } from "./graph/graph-builder.ts";
export {
  floats,
  integers,
  type Shape,
  type Tensor,
  type TensorData,
} from "./graph/tensor.ts";
export { newGraphBuilder } from "./ops/table.ts";
export { graft } from "./graph/graft.ts";
export { exportModel } from "./onnx/export-model.ts";
export {
  listProviders,
  onnxruntimeBackend,
  type Provider,
} from "./backends/onnxruntime.ts";
export {
  chooseBackend,
  describeTrials,
  type BackendChoice,
  type BackendRequest,
} from "./selection/choose-backend.ts";
export { optimize } from "./passes/optimize.ts";
export { verifyGraph } from "./passes/verify-graph.ts";
export {
  importModel,
  type ImportedModel,
  type ImportOptions,
} from "./onnx/import-model.ts";
