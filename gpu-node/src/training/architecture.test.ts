import { describe, expect, it } from "vitest";
import { exportModel, importModel } from "../engine/index.ts";
import { initialWeights, outlineOf } from "./architecture.ts";
import { architectureNames, findArchitecture } from "./architectures/index.ts";
import { buildInferenceGraph } from "./inference-graph.ts";
import { newOptimizer } from "./optimizer.ts";
import { startState } from "./training-state.ts";

const optimizer = newOptimizer({ name: "adamw", weightDecay: 0 });

describe.each(architectureNames)("%s", (name) => {
  const architecture = findArchitecture(name)!;

  it.each([
    [[1, 28, 28], 10],
    [[3, 32, 32], 100],
    [[3, 33, 47], 2],
  ] as const)(
    "is exported for images of %j and imported again, for another batch",
    (imageShape, numClasses) => {
      const shape = { imageShape, numClasses };
      const outline = outlineOf(architecture, shape);
      const { tensors } = startState(outline, optimizer, 0);
      const bytes = exportModel(
        buildInferenceGraph(architecture, shape, tensors),
      );
      const model = importModel(bytes, { name, batch: 7 });
      expect(model).toMatchObject({
        ...shape,
        layout: "NCHW",
        endsInSoftmax: false,
        warnings: [],
      });
      expect(model.logits.shape).toEqual([7, numClasses]);
    },
  );

  it("has weights of distinct names that start He-normal, scales at one and biases at zero", () => {
    const shape = { imageShape: [3, 32, 32], numClasses: 10 } as const;
    const { parameters } = outlineOf(architecture, shape);
    expect(new Set(parameters.map((p) => p.name)).size).toBe(parameters.length);
    const weights = initialWeights(parameters, 4);
    parameters.forEach(({ start, hasDecay }, index) => {
      const values = weights[index];
      expect(hasDecay).toBe(typeof start === "object");
      if (typeof start !== "object") {
        const expected = start === "zeros" ? 0 : 1;
        return expect(values.every((value) => value === expected)).toBe(true);
      }
      if (!("fanIn" in start)) throw new Error("it starts from given numbers");
      const meanSquare =
        values.reduce((sum, value) => sum + value * value, 0) / values.length;
      // The relative error of a mean square of n normals is √(2/n): five of those.
      const ratio = (meanSquare * start.fanIn) / 2;
      expect(Math.abs(ratio - 1)).toBeLessThan(
        5 * Math.sqrt(2 / values.length),
      );
    });
    expect(initialWeights(parameters, 4)).toEqual(weights);
    expect(initialWeights(parameters, 5)).not.toEqual(weights);
  });

  it("refuses images that are too small for it", () => {
    const size = architecture.smallestImage - 1;
    expect(() =>
      outlineOf(architecture, {
        imageShape: [1, size, 40],
        numClasses: 2,
      }),
    ).toThrow(new RegExp(`${name} takes images from`));
  });
});
