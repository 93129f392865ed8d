import { describe, expect, it } from "vitest";
import { referenceBackend } from "../backends/reference.ts";
import type { TensorData } from "../graph/tensor.ts";
import { sequence } from "../ops/check-operator.ts";
import { classifier, normalised } from "./check-classifier-file.ts";
import { floatTensor, writeOnnx, type OnnxFile } from "./check-onnx-file.ts";
import { importModel } from "./import-model.ts";

const images = sequence(2 * 3 * 64, 9);

const rolesIn = (file: OnnxFile) =>
  Object.fromEntries(
    importModel(writeOnnx(file), {
      ...{ name: "net.onnx", batch: 1, hasWeightsAsInputs: true },
    }).weights.map(({ value, role }) => [value.name, role]),
  );

describe("a file's weights", () => {
  it("are its filters, matrices, scales and shifts; statistics, factors, masks and an image's preparation are not", () => {
    expect(rolesIn(normalised)).toEqual({
      filter: "filter",
      bias: "channels",
      gamma: "channels",
      beta: "channels",
      shift: "channels",
      weights: "filter",
      head_bias: "channels",
    });
  });

  it("are not what serves another end as well, or what the logits do not depend on", () => {
    const twice = {
      ...classifier,
      initializers: [
        ...classifier.initializers,
        floatTensor("spare", [4, 5], sequence(20, 6)),
      ],
      nodes: [
        ...classifier.nodes,
        { op: "Exp", inputs: ["weights"], outputs: ["e"] },
        { op: "MatMul", inputs: ["f", "spare"], outputs: ["unused"] },
      ],
      outputs: [...classifier.outputs, { name: "e" }, { name: "unused" }],
    };
    expect(Object.keys(rolesIn(twice))).toEqual(["filter", "bias"]);
  });

  it("are constants where nobody asks for them", () => {
    const { graph, weights } = importModel(writeOnnx(normalised), {
      ...{ name: "net.onnx", batch: 1 },
    });
    expect(weights).toEqual([]);
    expect(graph.inputs).toHaveLength(1);
  });

  it.each([
    ["an open batch", normalised],
    [
      "a batch of 1 that another is bound in place of",
      { ...normalised, inputs: [{ name: "image", shape: [1, 3, 8, 8] }] },
    ],
  ])(
    "give as inputs the logits that they give as constants, with %s",
    async (_, file) => {
      const run = async (hasWeightsAsInputs: boolean) => {
        const { graph, weights } = importModel(writeOnnx(file), {
          ...{ name: "net.onnx", batch: 2, hasWeightsAsInputs },
        });
        const feeds: Record<string, TensorData> = { image: images };
        for (const { value, data } of weights) feeds[value.name] = data;
        const executable = await referenceBackend("float64").compile(graph);
        return [...(await executable.run(feeds))[0].data];
      };
      const [asInputs, asConstants] = [await run(true), await run(false)];
      expect(asInputs).toHaveLength(10);
      asInputs.forEach((logit, at) =>
        expect(logit).toBeCloseTo(asConstants[at], 5),
      );
    },
  );
});
