/**
 * From [0,1] images to what the model was trained on, as graph nodes in front of the model: search, patterns and metrics
 * then live on [0,1] images whatever the model's own range is.
 */
import type { GraphBuilder, Value } from "../engine/index.ts";
import { floats, integers } from "../engine/index.ts";

export interface ImageMapping {
  /** A pixel of 0…255 is scaled linearly to this range first, */
  readonly inputRange: readonly [number, number];
  /** then the channel's mean is subtracted, */
  readonly mean: readonly number[];
  /** and the difference divided by its standard deviation. In the order R, G, B. */
  readonly std: readonly number[];
  readonly layout: "NCHW" | "NHWC";
  readonly channelOrder: "RGB" | "BGR";
}

/**
 * @param images float32 [N, C, H, W] in [0,1], channels R, G, B
 * @returns what the model takes: [N, C, H, W] or [N, H, W, C]
 */
export function addImageMapping(
  g: GraphBuilder,
  images: Value,
  mapping: ImageMapping,
): Value {
  const [low, high] = mapping.inputRange;
  const channels = images.shape[1];
  const scale = mapping.std.map((std) => (high - low) / std);
  const offset = mapping.std.map(
    (std, channel) => (low - mapping.mean[channel]) / std,
  );
  const perChannel = (values: readonly number[], name: string) =>
    g.constant(floats(values, [1, channels, 1, 1]), name);
  let mapped = images;
  if (scale.some((value) => value !== 1)) {
    const factor = perChannel(scale, "input_scale");
    mapped = g.add("Mul", [mapped, factor], {}, "input_scaled");
  }
  if (offset.some((value) => value !== 0)) {
    const shift = perChannel(offset, "input_offset");
    mapped = g.add("Add", [mapped, shift], {}, "input_shifted");
  }
  if (mapping.channelOrder === "BGR" && channels === 3) {
    mapped = g.add(
      "Gather",
      [mapped, g.constant(integers([2, 1, 0]), "bgr")],
      { axis: 1 },
      "input_bgr",
    );
  }
  return mapping.layout === "NHWC"
    ? g.add("Transpose", [mapped], { perm: [0, 2, 3, 1] }, "input_nhwc")
    : mapped;
}
