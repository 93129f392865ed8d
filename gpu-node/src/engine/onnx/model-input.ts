/** Finds the one image input of an ONNX graph and settles its shape. */
import { MotifError } from "../../motif-error.ts";
import type { OnnxGraph, OnnxValueInfo } from "./model-proto.ts";
import { dataTypeName, toDType } from "./tensor-proto.ts";

export interface ImageInput {
  readonly name: string;
  readonly layout: "NCHW" | "NHWC";
  /** The batch the file was exported for; null where it leaves it open. */
  readonly fixedBatch: number | null;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Dimensions that are absent, symbolic, 0 or −1 are open. */
const sizeOf = (size: number | string | null | undefined) =>
  typeof size === "number" && size > 0 ? size : null;

const showShape = (shape: OnnxValueInfo["shape"]) =>
  `[${shape?.map((size) => size ?? "?").join(",") ?? ""}]`;

/**
 * @param inputSize [height, width] where the file leaves them open
 * @throws MotifError "model" when there is not exactly one input of images [N, C, H, W] or [N, H, W, C]
 */
export function findImageInput(
  graph: OnnxGraph,
  name: string,
  inputSize?: readonly [number, number],
): ImageInput {
  // Before IR version 4, weights were listed as inputs too.
  const weights = new Set(graph.initializers.map((tensor) => tensor.name));
  const inputs = graph.inputs.filter((input) => !weights.has(input.name));
  const [input, ...others] = inputs;
  if (!input)
    throw new MotifError(
      "model",
      `${name}: the model has no input. Export it again.`,
    );
  if (others.length > 0) {
    const listed = inputs
      .map((one) => `"${one.name}" ${showShape(one.shape)}`)
      .join(", ");
    throw new MotifError(
      "model",
      `${name}: the model has ${inputs.length} inputs (${listed}); an image classifier has one. Export it with the image only.`,
    );
  }
  const place = `${name}: input "${input.name}" ${showShape(input.shape)}`;
  if (input.dataType !== 0 && toDType(input.dataType) !== "float32") {
    throw new MotifError(
      "model",
      `${place} takes ${dataTypeName(input.dataType)}. Export a model that takes float32 images.`,
    );
  }
  if (input.shape?.length !== 4) {
    throw new MotifError(
      "model",
      `${place}: images [N,C,H,W] or [N,H,W,C] are expected. Give an image classifier.`,
    );
  }
  const sizes = input.shape.map(sizeOf) as [
    number | null,
    number | null,
    number | null,
    number | null,
  ];
  const isChannels = (size: number | null) => size === 1 || size === 3;
  if (!isChannels(sizes[1]) && !isChannels(sizes[3])) {
    throw new MotifError(
      "model",
      `${place}: neither its second nor its last axis has 1 or 3 channels. Export it with the channels fixed.`,
    );
  }
  const layout = isChannels(sizes[1]) ? "NCHW" : "NHWC";
  const [channels, ...spatial] =
    layout === "NCHW" ? sizes.slice(1) : [sizes[3], sizes[1], sizes[2]];
  const [height, width] = spatial.map(
    (size, index) => size ?? inputSize?.[index] ?? null,
  ) as [number | null, number | null];
  if (height === null || width === null) {
    throw new MotifError(
      "model",
      `${place} leaves height and width open. Say them in the manifest: "inputSize": [height, width].`,
    );
  }
  if (inputSize && (inputSize[0] !== height || inputSize[1] !== width)) {
    throw new MotifError(
      "model",
      `${place} takes ${height}×${width} pixels, but inputSize says ${inputSize.join("×")}. Correct the manifest's inputSize.`,
    );
  }
  return {
    name: input.name,
    layout,
    fixedBatch: sizes[0],
    channels: channels as number,
    height,
    width,
  };
}
