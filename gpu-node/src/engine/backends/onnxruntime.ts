/**
 * ONNX Runtime: the default. The whole step, forward and backward, is one ahead-of-time optimised graph.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { MotifError } from "../../motif-error.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor, TensorData, TensorType } from "../graph/tensor.ts";
import { exportModel } from "../onnx/export-model.ts";
import type { Backend, Executable } from "./backend.ts";
import { readFeed } from "./feeds.ts";
import { adaptGraph } from "./onnxruntime/adapt-graph.ts";
import { preferBlockedLayout } from "./onnxruntime/blocked-layout.ts";
import { loadOnnxRuntime } from "./onnxruntime/load.ts";

/** Fastest first. */
const providerOrder = ["cuda", "coreml", "dml", "webgpu", "cpu"] as const;
export type Provider = (typeof providerOrder)[number];

/** Execution providers this build of ONNX Runtime carries, fastest first; whether one works shows when it is tried. */
export function listProviders(): Provider[] {
  const listed = new Set<string>(["cpu"]);
  try {
    for (const { name } of loadOnnxRuntime().listSupportedBackends())
      listed.add(name);
  } catch (error) {
    // Opening the CPU provider says why.
    if (!(error instanceof MotifError)) throw error;
  }
  return providerOrder.filter((name) => listed.has(name));
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
  const { InferenceSession: Session } = loadOnnxRuntime();
  const adapted = adaptGraph(graph, provider);
  const written = provider === "cpu" ? preferBlockedLayout(adapted) : adapted;
  let session: InferenceSession;
  try {
    session = await Session.create(exportModel(written), {
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
      `ONNX Runtime (${provider}) refused the graph: ${reasonOf(error)}`,
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
  const { Tensor: Constructor } = loadOnnxRuntime();
  const inputs: Record<string, OrtTensor> = {};
  for (const input of graph.inputs) {
    inputs[input.name] = toOrt(Constructor, input, readFeed(input, feeds));
  }
  let results: InferenceSession.OnnxValueMapType;
  try {
    results = await session.run(inputs);
  } catch (error) {
    throw new MotifError("backend", `ONNX Runtime failed: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return graph.outputs.map((value, index) =>
    fromOrt(value, results[session.outputNames[index]]),
  );
}

function toOrt(
  Constructor: typeof OrtTensor,
  { dtype, shape }: TensorType,
  data: TensorData,
): OrtTensor {
  switch (dtype) {
    case "float32":
      return new Constructor(
        "float32",
        data instanceof Float32Array ? data : Float32Array.from(data),
        shape,
      );
    case "int64":
      return new Constructor(
        "int64",
        BigInt64Array.from(data as Float64Array, BigInt),
        shape,
      );
    case "bool":
      return new Constructor("bool", data as Uint8Array, shape);
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

/** Without the C++ source places that the library puts in front. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message
    .replace(/^\S*onnxruntime_src\S*\s+.*?(was false\.|\] : )\s*/s, "")
    .trim();
}
