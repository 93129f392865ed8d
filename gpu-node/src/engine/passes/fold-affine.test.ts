import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import { floats, type Shape } from "../graph/tensor.ts";
import { sample, sequence } from "../ops/check-operator.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { expectSameFunction, operators } from "./check-pass.ts";
import { foldAffine } from "./fold-affine.ts";

const plain: Attributes<"Conv"> = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
};
const padded: Attributes<"Conv"> = { ...plain, pads: [1, 1, 1, 1] };

/** A convolution with constant filter and bias. */
function conv(
  g: GraphBuilder,
  x: Value,
  channels: number,
  attributes = plain,
  hasBias = true,
  size = 3,
): Value {
  const filter = g.constant(
    sample([channels, x.shape[1] / attributes.group, size, size], channels + 3),
  );
  return g.add(
    "Conv",
    hasBias ? [x, filter, g.constant(sample([channels], 5))] : [x, filter],
    attributes,
  );
}

/** Numbers in [0.5, 1.5). */
const factors = (g: GraphBuilder, shape: Shape) => {
  const { data } = sample(shape, 9);
  return g.constant(
    floats(
      Array.from(data, (x) => 1 + x / 2),
      shape,
    ),
  );
};

/** BatchNormalization as the importer writes it. */
function normalise(g: GraphBuilder, x: Value): Value {
  const shape = [1, x.shape[1], 1, 1];
  return g.add(
    "Add",
    [g.add("Mul", [x, factors(g, shape)], {}), g.constant(sample(shape, 4))],
    {},
  );
}

const relu = (g: GraphBuilder, x: Value) => g.add("Relu", [x], {});

function graphOf(
  shape: Shape,
  build: (g: GraphBuilder, x: Value) => Value | Value[],
) {
  const g = newGraphBuilder();
  return g.finish([build(g, g.input("x", shape))].flat());
}

const fold = (
  shape: Shape,
  build: (g: GraphBuilder, x: Value) => Value | Value[],
) => expectSameFunction(foldAffine, graphOf(shape, build)).then(operators);

describe("an affine map behind a filter", () => {
  it.each([
    ["with a bias", padded, true],
    ["without a bias", padded, false],
    ["strided", { ...padded, strides: [2, 2] }, true],
    ["dilated", { ...padded, dilations: [2, 2] }, false],
    ["grouped", { ...padded, group: 2 }, true],
    ["depthwise", { ...padded, group: 4 }, true],
  ] as const)("goes into a convolution %s", async (_, attributes, hasBias) => {
    const ops = await fold([2, 4, 6, 5], (g, x) =>
      relu(g, normalise(g, conv(g, x, 8, attributes, hasBias))),
    );
    expect(ops).toEqual(["Conv", "Relu"]);
  });

  it.each([
    ["x − c", (g, x) => g.add("Sub", [x, g.constant(sample([4, 1, 1]))], {})],
    ["c − x", (g, x) => g.add("Sub", [g.constant(sample([4, 1, 1])), x], {})],
    ["x / c", (g, x) => g.add("Div", [x, factors(g, [4, 1, 1])], {})],
    ["c · x", (g, x) => g.add("Mul", [g.scalar(3), x], {})],
    ["−x", (g, x) => g.add("Neg", [x], {})],
  ] as [string, (g: GraphBuilder, x: Value) => Value][])(
    "may be %s",
    async (_, affine) => {
      expect(
        await fold([1, 2, 4, 4], (g, x) => affine(g, conv(g, x, 4))),
      ).toEqual(["Conv"]);
    },
  );

  it.each([
    ["c / x", (g, x) => g.add("Div", [g.scalar(3), x], {})],
    ["x / 0", (g, x) => g.add("Div", [x, g.scalar(0)], {})],
    [
      "a map that varies over the picture",
      (g, x) => g.add("Mul", [x, g.constant(sample([2, 1]))], {}),
    ],
    [
      "a map that makes more images",
      (g, x) => g.add("Mul", [x, g.constant(sample([2, 1, 1, 1]))], {}),
    ],
  ] as [string, (g: GraphBuilder, x: Value) => Value][])(
    "stays where it is %s",
    async (_, other) => {
      const graph = graphOf([1, 2, 4, 4], (g, x) => other(g, conv(g, x, 2)));
      expect(foldAffine(graph)).toBe(graph);
    },
  );

  it("stays where something else reads what the filter gives", async () => {
    const shared = await fold([1, 2, 4, 4], (g, x) => {
      const y = conv(g, x, 2);
      return g.add("Add", [normalise(g, y), y], {});
    });
    expect(shared).toEqual(["Conv", "Mul", "Add", "Add"]);
    const returned = await fold([1, 2, 4, 4], (g, x) => {
      const y = conv(g, x, 2);
      return [y, g.add("Neg", [y], {})];
    });
    expect(returned).toEqual(["Conv", "Neg"]);
  });

  it("scales no filter that is trained, but may become its bias", async () => {
    const graph = (op: "Mul" | "Add") =>
      graphOf([1, 2, 4, 4], (g, x) =>
        g.add(
          op,
          [
            g.add("Conv", [x, g.input("filter", [3, 2, 3, 3])], plain),
            factors(g, [3, 1, 1]),
          ],
          {},
        ),
      );
    expect(
      operators(await expectSameFunction(foldAffine, graph("Mul"))),
    ).toEqual(["Conv", "Mul"]);
    expect(
      operators(await expectSameFunction(foldAffine, graph("Add"))),
    ).toEqual(["Conv"]);
  });

  it("leaves a bias that is trained alone", async () => {
    const ops = await fold([1, 2, 4, 4], (g, x) => {
      const filter = g.constant(sample([3, 2, 3, 3]));
      return g.add(
        "Add",
        [
          g.add("Conv", [x, filter, g.input("bias", [3])], plain),
          factors(g, [3, 1, 1]),
        ],
        {},
      );
    });
    expect(ops).toEqual(["Conv", "Add"]);
  });

  it.each([
    ["in one group", 1],
    ["in two groups", 2],
  ])("goes into a transposed convolution %s", async (_, group) => {
    const attributes = {
      ...plain,
      strides: [2, 2],
      group,
      outputPadding: [0, 0],
    } as const;
    const ops = await fold([2, 4, 3, 3], (g, x) =>
      normalise(
        g,
        g.add(
          "ConvTranspose",
          [x, g.constant(sample([4, 6 / group, 3, 3]))],
          attributes,
        ),
      ),
    );
    expect(ops).toEqual(["ConvTranspose"]);
  });

  it.each([
    ["transposed", true, [5, 3]],
    ["as it is", false, [3, 5]],
  ] as const)(
    "goes into Gemm with its second matrix %s",
    async (_, transB, shape) => {
      const ops = await fold([2, 3], (g, x) => {
        const y = g.add(
          "Gemm",
          [x, g.constant(sample(shape)), g.constant(sample([1, 5], 2))],
          { transA: false, transB },
        );
        return g.add(
          "Sub",
          [
            g.add("Mul", [y, factors(g, [5])], {}),
            g.constant(sample([1, 5], 3)),
          ],
          {},
        );
      });
      expect(ops).toEqual(["Gemm"]);
    },
  );

  it("leaves a Gemm alone whose bias differs between rows", async () => {
    const ops = await fold([2, 3], (g, x) => {
      const y = g.add(
        "Gemm",
        [x, g.constant(sample([3, 5])), g.constant(sample([2, 5], 2))],
        { transA: false, transB: false },
      );
      return g.add("Mul", [y, factors(g, [5])], {});
    });
    expect(ops).toEqual(["Gemm", "Mul"]);
  });

  it("makes a MatMul of two axes a Gemm, and scales the matrix of one of more axes", async () => {
    const affine = (g: GraphBuilder, x: Value) => {
      const y = g.add("MatMul", [x, g.constant(sample([3, 5]))], {});
      return g.add(
        "Add",
        [g.add("Mul", [y, factors(g, [5])], {}), g.constant(sample([5], 2))],
        {},
      );
    };
    expect(await fold([2, 3], affine)).toEqual(["Gemm"]);
    expect(await fold([2, 4, 3], affine)).toEqual(["MatMul", "Add"]);
    expect(await fold([3], affine)).toEqual(["MatMul", "Add"]);
  });
});

describe("an affine map before a convolution", () => {
  it("stays: computed otherwise, an image's normalisation would round otherwise", () => {
    const graph = graphOf([2, 3, 5, 5], (g, x) => {
      const centred = g.add("Sub", [x, g.constant(sample([1, 3, 1, 1]))], {});
      const scaled = g.add("Div", [centred, factors(g, [1, 3, 1, 1])], {});
      return conv(g, scaled, 4);
    });
    expect(foldAffine(graph)).toBe(graph);
  });
});

describe("random nets of convolutions and normalisations", () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "net %i gives the same logits in fewer nodes",
    async (seed) => {
      const numbers = sequence(64, seed + 1);
      let drawn = 0;
      const draw = <T>(choices: readonly T[]) =>
        choices[Math.floor(((numbers[drawn++] + 1) / 2) * choices.length)];
      const graph = graphOf([2, 4, 29, 8], (g, x) => {
        let y = draw([true, false]) ? normalise(g, x) : x;
        for (let layer = 0; layer < 3; layer++) {
          const [pad, stride] = [draw([0, 1, 2]), draw([1, 2])];
          const attributes: Attributes<"Conv"> = {
            ...plain,
            pads: [pad, 1, pad, 0],
            strides: [stride, 1],
            group: draw([1, 2, 4]),
          };
          const next = conv(g, y, 8, attributes, draw([true, false]));
          y = draw<(g: GraphBuilder, x: Value) => Value>([
            normalise,
            (h, v) => relu(h, normalise(h, v)),
            relu,
          ])(g, next);
          if (draw([true, false])) y = g.add("Add", [y, normalise(g, y)], {});
        }
        return normalise(g, conv(g, y, 4));
      });
      const after = await expectSameFunction(foldAffine, graph);
      expect(after.nodes.length).toBeLessThan(graph.nodes.length);
      const affine = new Set<OpType>(["Mul", "Add"]);
      expect(operators(after).filter((op) => !affine.has(op))).toEqual(
        operators(graph).filter((op) => !affine.has(op)),
      );
    },
  );
});
