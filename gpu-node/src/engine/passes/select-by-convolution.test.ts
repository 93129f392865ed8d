import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { newGraphBuilder } from "../ops/table.ts";
import { expectSameFunction, operators } from "./check-pass.ts";
import { selectByConvolution } from "./select-by-convolution.ts";

const slice = (
  g: GraphBuilder,
  x: Value,
  axes: number[],
  steps: number[],
  starts = axes.map(() => 0),
) =>
  g.add("Slice", [x], { starts, ends: axes.map(() => 2 ** 31), axes, steps });
const pad = (
  g: GraphBuilder,
  x: Value,
  pads: number[],
  options: Partial<Attributes<"Pad">> = {},
) => g.add("Pad", [x], { pads, mode: "constant", value: 0, ...options });
const channels = (before: number, behind: number) => [
  ...[0, before, 0, 0],
  ...[0, behind, 0, 0],
];

async function selected(build: (g: GraphBuilder, x: Value) => Value) {
  const g = newGraphBuilder();
  const graph = g.finish([build(g, g.input("x", [2, 4, 7, 6]))]);
  return operators(await expectSameFunction(selectByConvolution, graph, 0));
}

describe("strided slices with padded channels", () => {
  it.each([
    ["in one slice", (g, x) => slice(g, x, [2, 3], [2, 2])],
    ["in two slices", (g, x) => slice(g, slice(g, x, [2], [2]), [3], [2])],
    ["of one axis", (g, x) => slice(g, x, [3], [3])],
    [
      "of slices of slices",
      (g, x) => slice(g, slice(g, x, [2], [2]), [2], [2]),
    ],
  ] as [string, (g: GraphBuilder, x: Value) => Value][])(
    "%s are one convolution, to the last bit",
    async (_, cut) => {
      const ops = await selected((g, x) => pad(g, cut(g, x), channels(2, 1)));
      expect(ops).toEqual(["Conv"]);
    },
  );

  it.each([
    [
      "that begin elsewhere",
      (g, x) => pad(g, slice(g, x, [2], [2], [1]), channels(1, 1)),
    ],
    ["of channels", (g, x) => pad(g, slice(g, x, [1], [2]), channels(1, 1))],
    [
      "read backwards",
      (g, x) =>
        pad(
          g,
          g.add("Slice", [x], {
            starts: [6],
            ends: [-1],
            axes: [2],
            steps: [-1],
          }),
          channels(1, 1),
        ),
    ],
    [
      "with padded pictures",
      (g, x) => pad(g, slice(g, x, [2], [2]), [0, 1, 1, 0, 0, 1, 0, 0]),
    ],
    [
      "padded with ones",
      (g, x) => pad(g, slice(g, x, [2], [2]), channels(1, 1), { value: 1 }),
    ],
    [
      "with channels cut off",
      (g, x) => pad(g, slice(g, x, [2], [2]), channels(-1, 0)),
    ],
  ] as [string, (g: GraphBuilder, x: Value) => Value][])(
    "%s stay",
    async (_, build) => {
      expect(await selected(build)).toEqual(["Slice", "Pad"]);
    },
  );

  it("stay where nothing is sliced", async () => {
    expect(await selected((g, x) => pad(g, x, channels(1, 1)))).toEqual([
      "Pad",
    ]);
  });
});
