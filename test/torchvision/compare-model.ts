/** Holds Motif's logits and input gradient of one exported classifier against PyTorch's. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import {
  graft,
  importModel,
  newGraphBuilder,
  optimize,
  referenceBackend,
  valueAndGrad,
  type Backend,
  type Graph,
  type ImportedModel,
} from "../../gpu-node/src/engine/index.ts";

const exporter = fileURLToPath(new URL("export.py", import.meta.url));
/** Debian's PyTorch belongs to Debian's Python. */
const python = "/usr/bin/python3";
const runFile = promisify(execFile);
const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };

/** Whether Debian's python3-torch and python3-torchvision are installed. */
export async function hasTorchvision(): Promise<boolean> {
  try {
    await runFile(
      python,
      [
        "-c",
        "from importlib.util import find_spec as f; exit(not (f('torch') and f('torchvision')))",
      ],
      { env: environment },
    );
    return true;
  } catch {
    return false;
  }
}

/** Writes the models and PyTorch's numbers into `folder`, a folder a model. `options` are those of export.py. */
export async function exportFromTorch(
  names: readonly string[],
  folder: string,
  ...options: string[]
): Promise<void> {
  await runFile(python, [exporter, folder, ...names, ...options], {
    env: environment,
  });
}

/** Differences are the largest over all entries, relative to the largest entry of PyTorch's float64 or float32 result. */
export interface Comparison {
  /** Of the images: pixels of a side, and the seed. */
  readonly side: number;
  readonly seed: number;
  /** In the graph as it is run, forward only. */
  readonly nodes: number;
  /** Kinds of operators among them. */
  readonly operators: number;
  readonly importMs: number;
  readonly logitsError: number;
  /** Gradients are compared in float32 where no activation is next to a kink, else in float64 on both sides. */
  readonly precision: "float32" | "float64";
  readonly gradientError: number;
  /** Our float32 gradient, by the backend, against PyTorch's float64 one. */
  readonly gradientErrorExact: number;
  /** PyTorch's own float32 gradient against its float64 one: how well float32 can know it. */
  readonly gradientNoise: number;
}

const factsSchema = z.object({
  shape: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  seed: z.number(),
  clean: z.boolean(),
});

/** Beyond it float32 gradients say nothing: an activation lies on the other side of a kink here than in PyTorch. */
const mostSingle = 1e-3;

/** @param folder of one model, as `exportFromTorch` has written it */
export async function compareModel(
  folder: string,
  backend: Backend,
  opset = 13,
): Promise<Comparison> {
  const facts = factsSchema.parse(
    JSON.parse(await readFile(join(folder, "facts.json"), "utf8")),
  );
  const [batch] = facts.shape;
  const read = async (name: string) =>
    toNumbers(await readFile(join(folder, name)), name);
  const path = join(folder, `opset-${opset}.onnx`);
  const bytes = await readFile(path);
  const started = performance.now();
  const model = importModel(bytes, { name: path, batch });
  const importMs = performance.now() - started;
  const forward = optimize(model.graph);
  const graph = withGradient({ ...model, graph: forward });
  const feeds = { [model.input.name]: await read("input.f32") };
  const run = async (on: Backend) => {
    const executable = await on.compile(graph);
    try {
      return await executable.run(feeds);
    } finally {
      await executable.dispose();
    }
  };
  const [logits, , gradient] = await run(backend);
  const exact = await read("gradient.f64");
  const theirs = await read("gradient.f32");
  const inSingle = difference(gradient.data, theirs);
  const isSingle = facts.clean && inSingle <= mostSingle;
  const gradientError = isSingle
    ? inSingle
    : difference((await run(referenceBackend("float64")))[2].data, exact);
  return {
    side: facts.shape[3],
    seed: facts.seed,
    nodes: forward.nodes.length,
    operators: new Set(forward.nodes.map(({ op }) => op)).size,
    importMs,
    logitsError: difference(logits.data, await read("logits.f32")),
    precision: isSingle ? "float32" : "float64",
    gradientError,
    gradientNoise: difference(theirs, exact),
    gradientErrorExact: difference(gradient.data, exact),
  };
}

/** Outputs: logits, the summed cross-entropy towards class 1, its gradient by the images. */
function withGradient({ graph, numClasses }: ImportedModel): Graph {
  const g = newGraphBuilder();
  const [input] = graph.inputs;
  const images = g.input(input.name, input.shape);
  const [logits] = graft(g, graph, new Map([[input, images]]));
  const target = new Float32Array(numClasses);
  target[1] = -1;
  const chosen = g.add(
    "Mul",
    [
      g.add("LogSoftmax", [logits], { axis: 1 }),
      g.constant({ dtype: "float32", shape: [numClasses], data: target }),
    ],
    {},
  );
  const loss = g.add("ReduceSum", [chosen], { axes: [0, 1], keepDims: false });
  return optimize(valueAndGrad(g.finish([logits, loss]), loss, [images]));
}

function toNumbers(file: Buffer, name: string): Float32Array | Float64Array {
  const { buffer } = Uint8Array.from(file);
  return name.endsWith(".f64")
    ? new Float64Array(buffer)
    : new Float32Array(buffer);
}

/** The largest difference between the two, relative to the largest entry of `expected`. Not finite where one is not. */
function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  if (actual.length !== expected.length) return Infinity;
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (!Number.isFinite(error)) return Infinity;
    worst = Math.max(worst, error);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return worst / largest;
}
