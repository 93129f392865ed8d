/** What runs graphs. Every backend gives the same numbers within the conformance suite's tolerance. */
import type { Graph } from "../graph/graph.ts";
import type { Tensor, TensorData } from "../graph/tensor.ts";

export type BackendName = "onnxruntime" | "tfjs" | "reference";

export interface Backend {
  readonly name: BackendName;
  /** What computes: an execution provider ("cpu", "cuda", "webgpu", …), a tfjs platform ("wasm", …) or "typescript". */
  readonly provider: string;
  /** CPU threads used. */
  readonly threads: number;
  /** Prepares a graph to be run many times. @throws MotifError "backend" when the backend refuses it. */
  compile(graph: Graph): Promise<Executable>;
}

export interface Executable {
  /**
   * Runs the graph once. One run at a time: await it before the next.
   * @param feeds data for every graph input by name: float32 as Float32Array, int64 as Float64Array, bool as Uint8Array
   * @returns the graph's outputs in order; the data is the caller's, and valid after later runs
   * @throws MotifError "backend" when a feed is missing or of the wrong length, or the run fails
   */
  run(feeds: Readonly<Record<string, TensorData>>): Promise<Tensor[]>;
  /** Frees what the executable holds. It cannot be run afterwards. */
  dispose(): Promise<void>;
}
