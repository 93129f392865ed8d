/** Resize and its forerunner Upsample, over the height and width of NCHW or NHWC pictures. */
import type { Value } from "../../graph/graph.ts";
import type { Attributes } from "../../graph/operators.ts";
import type { Lowerings, OnnxCall } from "./call.ts";

type Form = Pick<
  Attributes<"Resize">,
  "mode" | "coordinateTransformationMode" | "nearestMode"
>;

const coordinateModes = [
  "half_pixel",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
] as const;
const nearestModes = [
  "round_prefer_floor",
  "round_prefer_ceil",
  "floor",
  "ceil",
] as const;

function oneOf<Choice extends string>(
  call: OnnxCall,
  name: string,
  given: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === given);
  return (
    found ??
    call.fail(
      `${name} "${given}" is not supported; ${choices.join(", ")} are. Export with another one.`,
    )
  );
}

/** Upsample, and Resize in opset 10, know no coordinate modes: source = floor(target/scale). */
function formOf(call: OnnxCall, isPlain: boolean): Form {
  const mode = oneOf(
    call,
    "mode",
    call.text("mode", "nearest").replace("bilinear", "linear"),
    ["nearest", "linear"] as const,
  );
  if (isPlain)
    return {
      mode,
      coordinateTransformationMode: "asymmetric",
      nearestMode: "floor",
    };
  if (call.flag("antialias"))
    call.fail("antialias is not supported. Export without it.");
  if (call.flag("exclude_outside"))
    call.fail("exclude_outside is not supported");
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch")
    call.fail(`keep_aspect_ratio_policy "${policy}" is not supported`);
  const coordinates = call.text("coordinate_transformation_mode", "half_pixel");
  return {
    mode,
    coordinateTransformationMode: oneOf(
      call,
      "coordinate_transformation_mode",
      coordinates,
      coordinateModes,
    ),
    nearestMode: oneOf(
      call,
      "nearest_mode",
      call.text("nearest_mode", "round_prefer_floor"),
      nearestModes,
    ),
  };
}

/** Where the sizes or scales stand: each is one per axis, or per named axis (opset 18). */
function targetOf(
  call: OnnxCall,
  x: Value,
  isPlain: boolean,
): { scales: number[]; sizes: number[] } {
  const rank = x.shape.length;
  const axes =
    call.ints("axes")?.map((axis) => call.axis(axis, rank)) ?? call.allAxes(x);
  const spread = (
    given: readonly number[],
    what: string,
    missing: readonly number[],
  ) => {
    if (given.length !== axes.length)
      call.fail(
        `${what} [${given.join(",")}] do not fit [${x.shape.join(",")}]`,
      );
    const all = [...missing];
    axes.forEach((axis, index) => (all[axis] = given[index]!));
    return all;
  };
  const sizesAt = isPlain ? -1 : 3;
  if (sizesAt > 0 && call.optional(sizesAt)) {
    const sizes = spread(
      call.knownIntegers(sizesAt, "sizes"),
      "sizes",
      x.shape,
    );
    return { sizes, scales: sizes.map((size, axis) => size / x.shape[axis]) };
  }
  const scalesAt = isPlain ? 1 : 2;
  const floats = call.attribute("scales")?.floats;
  const given = call.optional(scalesAt)
    ? [...call.known(scalesAt, "scales").data]
    : floats;
  if (!given || given.length === 0)
    return call.fail("it has neither sizes nor scales");
  const scales = spread(
    given,
    "scales",
    x.shape.map(() => 1),
  );
  if (!scales.every((scale) => Number.isFinite(scale) && scale > 0))
    call.fail(`scales [${scales.join(",")}] are not above 0`);
  // Scales are float32, and so is their product with a size.
  return {
    scales,
    sizes: x.shape.map((size, axis) =>
      Math.floor(Math.fround(size * scales[axis])),
    ),
  };
}

const resize = (isPlainAlways: boolean) => (call: OnnxCall) => {
  const x = call.input(0);
  const isPlain = isPlainAlways || call.opset < 11;
  const form = formOf(call, isPlain);
  const { scales, sizes } = targetOf(call, x, isPlain);
  call.credible(sizes);
  const changed = call
    .allAxes(x)
    .filter((axis) => scales[axis] !== 1 || sizes[axis] !== x.shape[axis]);
  if (changed.length === 0) return x;
  if (x.shape.length !== 4)
    call.fail(
      `pictures of four axes are supported, it is given [${x.shape.join(",")}]`,
    );
  const pictureAxes = changed.every((axis) => axis >= 2)
    ? ([2, 3] as const)
    : ([1, 2] as const);
  if (
    !changed.every((axis) => axis === pictureAxes[0] || axis === pictureAxes[1])
  )
    call.fail("only height and width can be resized");
  const pick = (numbers: readonly number[]) =>
    [numbers[pictureAxes[0]], numbers[pictureAxes[1]]] as const;
  const attributes = { ...form, scales: pick(scales), sizes: pick(sizes) };
  if (pictureAxes[0] === 2) return call.add("Resize", [x], attributes);
  return call.transpose(
    call.add("Resize", [call.transpose(x, [0, 3, 1, 2])], attributes),
    [0, 2, 3, 1],
  );
};

export const resizing: Lowerings = {
  Resize: resize(false),
  Upsample: resize(true),
};
