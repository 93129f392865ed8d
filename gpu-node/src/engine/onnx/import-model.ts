/** Makes a graph of an ONNX image classifier. The file is data from outside: it is checked, and nothing in it is run. */
import { MotifError } from "../../motif-error.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { TensorData } from "../graph/tensor.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { findLogits } from "./find-logits.ts";
import { findWeights, type WeightRole } from "./find-weights.ts";
import { FoldingBudget } from "./lower/folding-budget.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import { findImageInput } from "./model-input.ts";
import { readModel, type OnnxTensor } from "./model-proto.ts";
import { rebindBatch } from "./rebind-batch.ts";
import { refuseOtherFiles } from "./recognise-file.ts";

export interface ImportOptions {
  /** Of the model, for messages: usually the file's path. */
  readonly name: string;
  /** Images a run: bound to the batch axis, also where the file was exported for another batch. */
  readonly batch: number;
  /** [height, width] where the file leaves them open: the manifest's inputSize. */
  readonly inputSize?: readonly [number, number];
  /** Largest file that is read, in bytes; 2 GiB where absent. */
  readonly mostBytes?: number;
  /** Whether weights become inputs of the graph, for who trains them, instead of constants. */
  readonly hasWeightsAsInputs?: boolean;
}

/** A weight that is an input of the graph. */
export interface ModelWeight {
  /** Its name is the file's. */
  readonly value: Value;
  readonly data: TensorData;
  readonly role: WeightRole;
}

export interface ImportedModel {
  /** One float32 input, images [N, C, H, W] or [N, H, W, C], and behind it `weights`; one output, the logits [N, K]. */
  readonly graph: Graph;
  readonly input: Value;
  /** Those that the logits depend on; empty where they are constants. */
  readonly weights: readonly ModelWeight[];
  readonly logits: Value;
  readonly numClasses: number;
  /** [channels, height, width] */
  readonly imageShape: readonly [number, number, number];
  readonly layout: "NCHW" | "NHWC";
  /** Whether the file's own output are probabilities: the softmax is left off here. */
  readonly endsInSoftmax: boolean;
  /** Version of the standard operator set. */
  readonly opset: number;
  /** Name and version of the exporter; "" where the file does not say. */
  readonly producer: string;
  readonly warnings: readonly string[];
}

/** The opsets that lowerings are written for. */
const [oldestOpset, newestOpset] = [7, 21];

/**
 * @param bytes the file; the graph's weights may be views on it, so it must not be changed afterwards
 * @throws MotifError "model" naming what in the file cannot be used, where it is and how to mend it
 */
export function importModel(
  bytes: Uint8Array,
  options: ImportOptions,
): ImportedModel {
  const { name, batch, inputSize, mostBytes = 2 ** 31 } = options;
  if (!(Number.isSafeInteger(batch) && batch >= 1))
    throw new MotifError("model", `${name}: a batch of ${batch} images`);
  refuseOtherFiles(bytes, name, mostBytes);
  const file = readModel(bytes, name);
  const warnings: string[] = [];
  const opset = file.opsets.get("");
  if (opset === undefined)
    throw new MotifError(
      "model",
      `${name}: the file names no version of the operator set. Export it again.`,
    );
  if (opset < oldestOpset || opset > newestOpset) {
    warnings.push(
      `opset ${opset} is outside of ${oldestOpset} to ${newestOpset}, which Motif knows: check the accuracy`,
    );
  }
  if (file.graph.sparseInitializers > 0) {
    throw new MotifError(
      "model",
      `${name}: it holds sparse tensors, which cannot be used. Export it with dense weights.`,
    );
  }

  const image = findImageInput(file.graph, name, inputSize);
  const { channels, height, width, layout } = image;
  // Imported as the file says; another batch is bound afterwards, when every shape is known.
  const importBatch = image.fixedBatch ?? batch;
  const budget = new FoldingBudget(bytes.length);
  const g = newGraphBuilder((...node) => budget.spend(...node));
  const input = g.input(
    image.name,
    layout === "NCHW"
      ? [importBatch, channels, height, width]
      : [importBatch, height, width, channels],
  );
  const roles = options.hasWeightsAsInputs
    ? findWeights(file.graph)
    : new Map<OnnxTensor, WeightRole>();
  const weights: ModelWeight[] = [];
  const outputs = lowerGraph(file.graph, new Map([[image.name, input]]), {
    g,
    opset,
    model: name,
    budget,
    standIn(tensor, { shape, data }) {
      const role = roles.get(tensor);
      if (!role) return null;
      const value = g.input(tensor.name, shape);
      weights.push({ value, data, role });
      return value;
    },
  });
  const named = outputs.map(
    (value, index) => [file.graph.outputs[index].name, value] as const,
  );
  const {
    value,
    numClasses,
    endsInSoftmax,
    warnings: outputWarnings,
  } = findLogits(g, named, importBatch, name);
  const isFlat = value.shape.length === 2;
  const flat = isFlat
    ? value
    : g.add("Reshape", [value], { shape: [importBatch, numClasses] }, "logits");
  if (flat.data)
    throw new MotifError(
      "model",
      `${name}: the output does not depend on the image. Export it again.`,
    );
  const asExported = withoutUnusedWeights(g.finish([flat]));
  const graph =
    importBatch === batch ? asExported : rebindBatch(asExported, batch, name);
  const values = new Map(graph.inputs.map((value) => [value.name, value]));
  return {
    graph,
    input: graph.inputs[0],
    weights: weights.flatMap((weight) => {
      const value = values.get(weight.value.name);
      return value ? [{ ...weight, value }] : [];
    }),
    logits: graph.outputs[0],
    numClasses,
    imageShape: [channels, height, width],
    layout,
    endsInSoftmax,
    opset,
    producer: file.producer,
    warnings: [...warnings, ...outputWarnings],
  };
}

function withoutUnusedWeights(graph: Graph): Graph {
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  return {
    ...graph,
    inputs: graph.inputs.filter((value, at) => at === 0 || used.has(value)),
  };
}
