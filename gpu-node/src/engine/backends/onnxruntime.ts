/**
 * ONNX Runtime: the default. The whole step, forward and backward, is one ahead-of-time optimised graph.
 */
import {
  InferenceSession,
  listSupportedBackends,
  Tensor as OrtTensor,
} from "onnxruntime-node";
import { MotifError } from "../../motif-error.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor, TensorData, TensorType } from "../graph/tensor.ts";
import { exportModel } from "../onnx/export-model.ts";
import type { Backend, Executable } from "./backend.ts";
import { readFeed } from "./feeds.ts";
import { adaptGraph } from "./onnxruntime/adapt-graph.ts";

/** Fastest first. */
const providerOrder = ["cuda", "coreml", "dml", "webgpu", "cpu"] as const;
export type Provider = (typeof providerOrder)[number];

/** Execution providers this build of ONNX Runtime carries, fastest first; whether one works shows when it is tried. */
export function listProviders(): Provider[] {
  const bundled = new Set(listSupportedBackends().map(({ name }) => name));
  return providerOrder.filter((name) => name === "cpu" || bundled.has(name));
}

/** @param options.threads CPU threads for one operator; the machine's cores where absent */
export function onnxruntimeBackend(options: {
  readonly provider?: Provider;
  readonly threads: number;
}): Backend {
  const { provider = "cpu", threads } = options;
  return {
    name: "onnxruntime",
    provider,
    threads,
    compile: (graph) => compile(graph, provider, threads),
  };
}

async function compile(
  graph: Graph,
  provider: Provider,
  threads: number,
): Promise<Executable> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(exportModel(adaptGraph(graph)), {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new MotifError(
      "backend",
      `ONNX Runtime (${provider}) refused the graph: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return {
    run: (feeds) => runSession(session, graph, feeds),
    dispose: () => session.release(),
  };
}

async function runSession(
  session: InferenceSession,
  graph: Graph,
  feeds: Readonly<Record<string, TensorData>>,
): Promise<Tensor[]> {
  const inputs: Record<string, OrtTensor> = {};
  for (const input of graph.inputs) {
    inputs[input.name] = toOrt(input, readFeed(input, feeds));
  }
  let results: InferenceSession.OnnxValueMapType;
  try {
    results = await session.run(inputs);
  } catch (error) {
    throw new MotifError(
      "backend",
      `ONNX Runtime failed: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return graph.outputs.map((value, index) =>
    fromOrt(value, results[session.outputNames[index]]),
  );
}

function toOrt({ dtype, shape }: TensorType, data: TensorData): OrtTensor {
  switch (dtype) {
    case "float32":
      return new OrtTensor(
        "float32",
        data instanceof Float32Array ? data : Float32Array.from(data),
        shape,
      );
    case "int64":
      return new OrtTensor(
        "int64",
        BigInt64Array.from(data as Float64Array, BigInt),
        shape,
      );
    case "bool":
      return new OrtTensor("bool", data as Uint8Array, shape);
  }
}

function fromOrt({ dtype, shape }: TensorType, tensor: OrtTensor): Tensor {
  if (dtype !== "int64")
    return { dtype, shape, data: tensor.data as Float32Array | Uint8Array };
  return {
    dtype,
    shape,
    data: Float64Array.from(tensor.data as BigInt64Array, Number),
  };
}
