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
  if (call.flag("exclude_outside") && !call.flag("antialias"))
    call.fail("exclude_outside is supported with antialias only");
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
    return fitted(call, x, sizes, axes);
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

/** Scales for `sizes`; where the aspect ratio is kept (opset 18), one scale for all `axes`, and the sizes it leads to. */
function fitted(
  call: OnnxCall,
  { shape }: Value,
  sizes: readonly number[],
  axes: readonly number[],
): { scales: number[]; sizes: number[] } {
  const scales = sizes.map((size, axis) => size / shape[axis]);
  const policy = oneOf(
    call,
    "keep_aspect_ratio_policy",
    call.text("keep_aspect_ratio_policy", "stretch"),
    ["stretch", "not_larger", "not_smaller"],
  );
  if (policy === "stretch") return { scales, sizes: [...sizes] };
  const choose = policy === "not_larger" ? Math.min : Math.max;
  const scale = choose(...axes.map((axis) => scales[axis]));
  return {
    scales: shape.map((_, axis) => (axes.includes(axis) ? scale : 1)),
    sizes: shape.map((size, axis) =>
      axes.includes(axis) ? Math.round(scale * size) : size,
    ),
  };
}

/**
 * What each source contributes to each target where a picture is shrunk with antialiasing: a triangle as wide as one
 * target. What of it lies beyond the border counts for the pixel there, or is left out (PyTorch, Pillow).
 * @returns [source, target], row-major
 */
function triangleWeights(
  source: number,
  target: number,
  scale: number,
  isOutsideLeftOut: boolean,
): Float32Array {
  const weights = new Float32Array(source * target);
  const steepness = Math.min(1, scale);
  for (let to = 0; to < target; to++) {
    const centre = (to + 0.5) / scale - 0.5;
    const taps: (readonly [from: number, weight: number])[] = [];
    for (
      let from = Math.ceil(centre - 1 / steepness);
      from <= centre + 1 / steepness;
      from++
    ) {
      const isOutside = from < 0 || from >= source;
      if (isOutside && isOutsideLeftOut) continue;
      const weight = Math.max(0, 1 - Math.abs(from - centre) * steepness);
      taps.push([Math.max(0, Math.min(source - 1, from)), weight]);
    }
    const sum = taps.reduce((total, [, weight]) => total + weight, 0);
    for (const [from, weight] of taps)
      weights[from * target + to] += weight / sum;
  }
  return weights;
}

/** [N, C, H, W] shrunk as matrix products from both sides. */
function shrinkSmoothly(
  call: OnnxCall,
  x: Value,
  { mode, coordinateTransformationMode, scales, sizes }: Attributes<"Resize">,
): Value {
  if (mode !== "linear" || !coordinateTransformationMode.includes("half_pixel"))
    call.fail(
      "antialias is supported for mode linear with coordinates half_pixel. Export without it.",
    );
  const [height, width] = x.shape.slice(2) as [number, number];
  const product = (value: Value, source: number, axis: 0 | 1) =>
    call.add(
      "MatMul",
      [
        value,
        call.g.constant({
          dtype: "float32",
          shape: [source, sizes[axis]],
          data: triangleWeights(
            source,
            sizes[axis],
            scales[axis],
            call.flag("exclude_outside"),
          ),
        }),
      ],
      {},
    );
  const swap = (value: Value) => call.transpose(value, [0, 1, 3, 2]);
  const narrower = product(x, width, 1);
  return swap(product(swap(narrower), height, 0));
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
  const isSmooth =
    call.flag("antialias") && attributes.scales.some((scale) => scale < 1);
  const resized = (picture: Value) =>
    isSmooth
      ? shrinkSmoothly(call, picture, attributes)
      : call.add("Resize", [picture], attributes);
  if (pictureAxes[0] === 2) return resized(x);
  return call.transpose(resized(call.transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1]);
};

export const resizing: Lowerings = {
  Resize: resize(false),
  Upsample: resize(true),
};
