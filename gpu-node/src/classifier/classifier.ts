/** A model file and its manifest as one thing: a differentiable function from [0,1] images to logits. */
import { createHash } from "node:crypto";
import { stat, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { readManifest, type Manifest } from "../data/index.ts";
import {
  graft,
  importModel,
  optimize,
  type Graph,
  type GraphBuilder,
  type ImportedModel,
  type Value,
} from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { digestArchitecture } from "./architecture-digest.ts";
import { addImageMapping, type ImageMapping } from "./image-mapping.ts";

export interface Classifier {
  readonly name: string;
  /** Of the model file. */
  readonly sha256: string;
  /** Digest of what it computes apart from its weights: models of one architecture share it. */
  readonly architecture: string;
  readonly manifest: Manifest;
  /** [C, H, W] of a [0,1] image. */
  readonly imageShape: readonly [number, number, number];
  readonly numClasses: number;
  /** What a person should know about the model, such as operators beyond the tested opsets. */
  readonly warnings: readonly string[];
  /** How [0,1] images become what the model takes; one mean and std a channel. */
  readonly mapping: ImageMapping;
  /**
   * Adds the model, its image mapping in front, to a graph.
   * @param images float32 [N, C, H, W] in [0,1], channels R, G, B @returns float32 logits [N, numClasses]
   */
  addLogits(g: GraphBuilder, images: Value): Value;
  /**
   * The model with its weights as inputs, for batches of so many images as `mapping` gives them. Read anew on each call.
   * @throws MotifError "model" when the file only works for another batch
   */
  importForTraining(batch: number): ImportedModel;
}

/** Larger files are refused: ONNX itself ends there, protobuf messages cannot be longer. */
const largestModelBytes = 2 ** 31;

/**
 * Reads a model and its manifest (`model.json` beside `model.onnx`, unless another is named).
 * @param fallbackName what the model is called where its manifest does not say; its file's name where absent
 * @throws MotifError "model" when either cannot be used, or they disagree; nothing has been computed then
 */
export async function openClassifier(
  path: string,
  manifestPath?: string,
  fallbackName?: string,
): Promise<Classifier> {
  const bytes = await readModel(path);
  const stem = basename(path).replace(/\.onnx$/i, "");
  const beside = join(dirname(path), `${stem}.json`);
  const named = manifestPath ?? (existsSync(beside) ? beside : undefined);
  const manifest = await readManifest(named, fallbackName ?? stem);
  const imported = new Map<number, { model: ImportedModel; graph: Graph }>();
  const importFor = (batch: number, hasWeightsAsInputs = false) =>
    importModel(bytes, {
      ...{ name: path, batch, hasWeightsAsInputs },
      ...(manifest.inputSize && { inputSize: manifest.inputSize }),
    });
  const importAt = (batch: number) => {
    let known = imported.get(batch);
    if (!known) {
      const model = importFor(batch);
      imported.set(batch, (known = { model, graph: optimize(model.graph) }));
    }
    return known;
  };
  const { model } = importAt(1);
  checkAgainstManifest(model, manifest, named ?? path);
  const mapping = spread(manifest, model.imageShape[0]);
  return {
    name: manifest.name,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    architecture: digestArchitecture(model.graph),
    manifest,
    imageShape: model.imageShape,
    numClasses: model.numClasses,
    warnings: model.warnings,
    mapping,
    importForTraining: (batch) => importFor(batch, true),
    addLogits(g, images) {
      const { graph } = importAt(images.shape[0]);
      const [input] = graph.inputs;
      return graft(
        g,
        graph,
        new Map([[input, addImageMapping(g, images, mapping)]]),
      )[0];
    },
  };
}

async function readModel(path: string): Promise<Uint8Array> {
  let size: number;
  try {
    const facts = await stat(path);
    if (facts.isDirectory())
      throw new MotifError(
        "model",
        `${path}: it is a folder. Name the .onnx file in it.`,
      );
    size = facts.size;
  } catch (error) {
    if (error instanceof MotifError) throw error;
    throw new MotifError(
      "model",
      `${path}: there is no such file. Check --model.`,
      { cause: error },
    );
  }
  if (size > largestModelBytes) {
    throw new MotifError(
      "model",
      `${path}: ${size} bytes, more than an ONNX file can have (2 GiB). Is it a model?`,
    );
  }
  try {
    return await readFile(path);
  } catch (error) {
    throw new MotifError(
      "model",
      `${path}: it cannot be read (${(error as Error).message}).`,
      { cause: error },
    );
  }
}

/** One mean and std serve all channels where the manifest gives just one. */
function spread(manifest: Manifest, channels: number): ImageMapping {
  const over = (values: readonly number[]) =>
    values.length === 1 ? Array<number>(channels).fill(values[0]) : values;
  const { inputRange, mean, std, layout, channelOrder } = manifest;
  return { inputRange, mean: over(mean), std: over(std), layout, channelOrder };
}

function checkAgainstManifest(
  model: ImportedModel,
  manifest: Manifest,
  place: string,
): void {
  const [channels, height, width] = model.imageShape;
  const refuse = (what: string): never => {
    throw new MotifError("model", `${place}: ${what}`);
  };
  if (manifest.declaresLayout && manifest.layout !== model.layout) {
    refuse(
      `the manifest says layout ${manifest.layout}, the graph takes ${model.layout}. Correct "layout".`,
    );
  }
  if (
    manifest.inputSize &&
    (manifest.inputSize[0] !== height || manifest.inputSize[1] !== width)
  ) {
    refuse(
      `the manifest says inputSize ${manifest.inputSize.join("×")}, the graph takes ${height}×${width}. Correct "inputSize".`,
    );
  }
  if (manifest.classes && manifest.classes.length !== model.numClasses) {
    refuse(
      `the manifest names ${manifest.classes.length} classes, the graph has ${model.numClasses}. Correct "classes".`,
    );
  }
  for (const key of ["mean", "std"] as const) {
    const length = manifest[key].length;
    if (length !== 1 && length !== channels) {
      refuse(
        `"${key}" has ${length} values, the graph takes ${channels} channels. Give one value, or one a channel.`,
      );
    }
  }
  const target = manifest.groundTruth?.targetClass;
  if (target !== undefined && target >= model.numClasses) {
    refuse(
      `"groundTruth.targetClass" is ${target}, the graph has classes 0 to ${model.numClasses - 1}.`,
    );
  }
}
