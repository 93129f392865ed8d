import { describe, expect, it } from "vitest";
import {
  floatTensor,
  int64Tensor,
  type FileAttribute,
  type FileTensor,
} from "../check-onnx-file.ts";
import {
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const shapes = [[2, 3, 4, 5]] as const;
const scales = floatTensor("scales", [4], [1, 1, 2, 1.6]);
const sizes = int64Tensor("sizes", [2, 3, 7, 3]);
const resize = (
  texts: Readonly<Record<string, string>>,
  constants: readonly (FileTensor | null)[],
  more: { opset?: number; attributes?: Record<string, FileAttribute> } = {},
): OneOperator => ({
  op: "Resize",
  opset: more.opset ?? 13,
  shapes,
  constants,
  attributes: {
    ...Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, { text }]),
    ),
    ...more.attributes,
  },
});

describe("resizing means what ONNX Runtime computes", () => {
  const coordinates = [
    "half_pixel",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
  ];
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    [
      "Upsample by an attribute, opset 7",
      {
        opset: 7,
        op: "Upsample",
        shapes,
        attributes: {
          scales: { floats: [1, 1, 2, 3] },
          mode: { text: "nearest" },
        },
      },
    ],
    [
      "Upsample by an input, opset 9, linear",
      {
        opset: 9,
        op: "Upsample",
        shapes,
        constants: [floatTensor("scales", [4], [1, 1, 2, 2])],
        attributes: { mode: { text: "linear" } },
      },
    ],
    [
      "Resize of opset 10",
      { opset: 10, op: "Resize", shapes, constants: [scales] },
    ],
    ...coordinates.flatMap((mode) => [
      [
        `linear, ${mode}, by scales`,
        resize({ mode: "linear", coordinate_transformation_mode: mode }, [
          null,
          scales,
        ]),
      ] as const,
      [
        `linear, ${mode}, by sizes`,
        resize({ mode: "linear", coordinate_transformation_mode: mode }, [
          null,
          null,
          sizes,
        ]),
      ] as const,
    ]),
    ...["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].flatMap(
      (nearest) =>
        ["half_pixel", "asymmetric"].map(
          (mode) =>
            [
              `nearest, ${nearest}, ${mode}`,
              resize(
                {
                  mode: "nearest",
                  nearest_mode: nearest,
                  coordinate_transformation_mode: mode,
                },
                [null, scales],
              ),
            ] as const,
        ),
    ),
    [
      "with an empty roi as opset 11 writes it",
      resize({ mode: "nearest" }, [floatTensor("roi", [0], []), scales], {
        opset: 11,
      }),
    ],
    [
      "only the named axes, opset 18",
      resize({ mode: "linear" }, [null, null, int64Tensor("sizes", [8, 10])], {
        opset: 18,
        attributes: { axes: { ints: [2, 3] } },
      }),
    ],
    [
      "with antialias, where it only enlarges, opset 18",
      resize(
        { mode: "linear" },
        [null, floatTensor("scales", [4], [1, 1, 2, 3])],
        { opset: 18, attributes: { antialias: { int: 1 } } },
      ),
    ],
    [
      "shrinking with antialias, opset 18",
      {
        ...resize(
          { mode: "linear" },
          [null, null, int64Tensor("sizes", [1, 2, 5, 4])],
          { opset: 18, attributes: { antialias: { int: 1 } } },
        ),
        shapes: [[1, 2, 11, 9]],
      },
    ],
    [
      "shrinking with antialias as PyTorch and Pillow do, opset 18",
      {
        ...resize(
          { mode: "linear" },
          [null, null, int64Tensor("sizes", [1, 2, 5, 4])],
          {
            opset: 18,
            attributes: { antialias: { int: 1 }, exclude_outside: { int: 1 } },
          },
        ),
        shapes: [[1, 2, 11, 9]],
      },
    ],
    [
      "shrinking one side and enlarging the other with antialias, opset 19",
      {
        ...resize(
          { mode: "linear" },
          [null, floatTensor("scales", [4], [1, 1, 0.5, 2])],
          { opset: 19, attributes: { antialias: { int: 1 } } },
        ),
        shapes: [[1, 2, 8, 5]],
      },
    ],
    [
      "keeping the aspect ratio, not larger, opset 18",
      resize(
        { mode: "linear", keep_aspect_ratio_policy: "not_larger" },
        [null, null, int64Tensor("sizes", [7, 9])],
        { opset: 18, attributes: { axes: { ints: [2, 3] } } },
      ),
    ],
    [
      "keeping the aspect ratio, not smaller, opset 18",
      resize(
        { mode: "nearest", keep_aspect_ratio_policy: "not_smaller" },
        [null, null, int64Tensor("sizes", [7, 9])],
        { opset: 18, attributes: { axes: { ints: [2, 3] } } },
      ),
    ],
  ];
  it.each(cases)("%s", (_title, one) =>
    expectAsOnnxRuntime(oneOperator(one), 1e-5),
  );
});

describe("what is not supported is refused with the mend", () => {
  it.each([
    [
      "cubic",
      resize({ mode: "cubic" }, [null, scales]),
      /mode "cubic" is not supported; nearest, linear are/,
    ],
    [
      "no sizes and no scales",
      resize({ mode: "nearest" }, []),
      /neither sizes nor scales/,
    ],
    [
      "a scale of 0",
      resize({}, [null, floatTensor("scales", [4], [1, 1, 0, 1])]),
      /scales \[1,1,0,1\] are not above 0/,
    ],
    [
      "channels",
      resize({}, [null, floatTensor("scales", [4], [1, 2, 2, 2])]),
      /only height and width/,
    ],
    [
      "antialiased shrinking to the nearest",
      resize(
        { mode: "nearest" },
        [null, null, int64Tensor("sizes", [2, 3, 2, 2])],
        { opset: 18, attributes: { antialias: { int: 1 } } },
      ),
      /antialias is supported for mode linear/,
    ],
  ] satisfies [string, OneOperator, RegExp][])("%s", (_title, one, message) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(message);
  });
});
