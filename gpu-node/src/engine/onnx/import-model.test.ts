import { describe, expect, it } from "vitest";
import { referenceBackend } from "../backends/reference.ts";
import { sequence } from "../ops/check-operator.ts";
import { changed, classifier, continued } from "./check-classifier-file.ts";
import {
  floatTensor,
  int64Tensor,
  intAttributes,
  writeOnnx,
  type FileNode,
} from "./check-onnx-file.ts";
import { importModel, type ImportOptions } from "./import-model.ts";

const options: ImportOptions = { name: "net.onnx", batch: 2 };
const imported = (bytes: Uint8Array, more: Partial<ImportOptions> = {}) =>
  importModel(bytes, { ...options, ...more });

async function logitsOf(bytes: Uint8Array): Promise<number[]> {
  const { graph } = imported(bytes);
  const executable = await referenceBackend().compile(graph);
  const [logits] = await executable.run({ image: sequence(2 * 3 * 64, 9) });
  return [...logits.data];
}

describe("a classifier that can be used", () => {
  it("says what it is", () => {
    const model = imported(writeOnnx(classifier));
    expect(model).toMatchObject({
      numClasses: 5,
      imageShape: [3, 8, 8],
      layout: "NCHW",
      endsInSoftmax: false,
      opset: 13,
      producer: "by hand",
      warnings: [],
    });
    expect(model.input.shape).toEqual([2, 3, 8, 8]);
    expect(model.logits.shape).toEqual([2, 5]);
  });

  it("computes what its definition says", async () => {
    const image = sequence(2 * 3 * 64, 9);
    const [filter, bias, weights] = [
      sequence(108, 1),
      sequence(4, 2),
      sequence(20, 3),
    ];
    const logits = await logitsOf(writeOnnx(classifier));
    const pixel = (n: number, c: number, y: number, x: number) =>
      y < 0 || x < 0 || y > 7 || x > 7
        ? 0
        : image[((n * 3 + c) * 8 + y) * 8 + x];
    const pooled = (n: number, channel: number) => {
      let total = 0;
      for (let at = 0; at < 64; at++) {
        let sum = bias[channel];
        for (let tap = 0; tap < 27; tap++) {
          const [c, dy, dx] = [
            Math.floor(tap / 9),
            Math.floor(tap / 3) % 3,
            tap % 3,
          ];
          sum +=
            filter[channel * 27 + tap] *
            pixel(n, c, Math.floor(at / 8) + dy - 1, (at % 8) + dx - 1);
        }
        total += Math.max(0, sum);
      }
      return total / 64;
    };
    for (const [index, logit] of logits.entries()) {
      const [n, k] = [Math.floor(index / 5), index % 5];
      let expected = 0;
      for (let c = 0; c < 4; c++) expected += weights[k * 4 + c] * pooled(n, c);
      expect(logit).toBeCloseTo(expected, 5);
    }
  });

  it.each([
    ["Softmax", {}],
    ["LogSoftmax", intAttributes({ axis: 1 })],
  ])("leaves a %s at the end off", async (op, attributes) => {
    const file = continued([
      { op, inputs: ["scores"], outputs: ["logits"], attributes },
    ]);
    expect(imported(file).endsInSoftmax).toBe(op === "Softmax");
    expect(await logitsOf(file)).toEqual(await logitsOf(writeOnnx(classifier)));
  });

  it("leaves a softmax off that is before opset 13, and one behind a reshape", async () => {
    const softmax: FileNode = {
      op: "Softmax",
      inputs: ["scores"],
      outputs: ["s"],
    };
    const file = continued(
      [softmax, { op: "Flatten", inputs: ["s"], outputs: ["logits"] }],
      [],
      { opset: 11 },
    );
    expect(imported(file).endsInSoftmax).toBe(true);
    expect(await logitsOf(file)).toEqual(await logitsOf(writeOnnx(classifier)));
  });

  it("keeps a Sigmoid at the end, with a warning", () => {
    const file = continued([
      { op: "Sigmoid", inputs: ["scores"], outputs: ["logits"] },
    ]);
    expect(imported(file).warnings.join()).toMatch(/"logits" ends in Sigmoid/);
  });

  it("takes [N, K, 1, 1] for logits", () => {
    const file = continued(
      [{ op: "Unsqueeze", inputs: ["scores", "axes"], outputs: ["logits"] }],
      [int64Tensor("axes", [2, 3])],
    );
    expect(imported(file).logits.shape).toEqual([2, 5]);
  });

  it("uses logits and probabilities of the same scores as one", () => {
    const file = continued(
      [
        { op: "Identity", inputs: ["scores"], outputs: ["logits"] },
        { op: "Softmax", inputs: ["scores"], outputs: ["probabilities"] },
      ],
      [],
      { outputs: [{ name: "logits" }, { name: "probabilities" }] },
    );
    const model = imported(file);
    expect(model.numClasses).toBe(5);
    expect(model.warnings.join()).toMatch(/"logits" is used/);
  });

  it("leaves out what the outputs do not need, even where it could not be used", () => {
    const file = changed({
      nodes: [
        ...classifier.nodes,
        { op: "Loop", inputs: ["c"], outputs: ["unused"] },
      ],
    });
    expect(imported(file).numClasses).toBe(5);
  });

  it("takes weights that are listed as inputs too, as files before IR version 4 do", () => {
    const file = changed({
      inputs: [...classifier.inputs, { name: "filter", shape: [4, 3, 3, 3] }],
    });
    expect(imported(file).imageShape).toEqual([3, 8, 8]);
  });

  it("is given the size that the file leaves open", () => {
    const open = changed({
      inputs: [{ name: "image", shape: ["n", 3, "h", "w"] }],
    });
    expect(imported(open, { inputSize: [6, 10] }).imageShape).toEqual([
      3, 6, 10,
    ]);
    expect(() => imported(open)).toThrow(
      'net.onnx: input "image" [n,3,h,w] leaves height and width open. Say them in the manifest: "inputSize": [height, width].',
    );
  });

  it("warns of an opset that it does not know", () => {
    expect(imported(changed({ opset: 25 })).warnings.join()).toMatch(
      /opset 25 is outside of 7 to 21/,
    );
  });

  it("gives one infinite number as a bound or a mask, but not as a weight", () => {
    const masked = continued(
      [{ op: "Max", inputs: ["scores", "low"], outputs: ["logits"] }],
      [floatTensor("low", [], [-Infinity])],
    );
    expect(imported(masked).numClasses).toBe(5);
  });
});
