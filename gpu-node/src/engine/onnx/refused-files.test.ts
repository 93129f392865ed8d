/** Model files that cannot be used: each is refused by its name, the place and the mend. */
import { describe, expect, it } from "vitest";
import { MotifError } from "../../motif-error.ts";
import { sequence } from "../ops/check-operator.ts";
import { changed, classifier, continued } from "./check-classifier-file.ts";
import {
  floatTensor,
  intAttributes,
  writeOnnx,
  type FileGraph,
} from "./check-onnx-file.ts";
import { importModel, type ImportOptions } from "./import-model.ts";

const options: ImportOptions = { name: "net.onnx", batch: 2 };
const imported = (bytes: Uint8Array, more: Partial<ImportOptions> = {}) =>
  importModel(bytes, { ...options, ...more });

/** Files that cannot be used, and what is said of each: file, place, mend. */
const refused: readonly (readonly [
  title: string,
  bytes: () => Uint8Array,
  message: RegExp,
])[] = [
  [
    "an empty file",
    () => new Uint8Array(0),
    /^net\.onnx: the file is empty\. Copy or export it again\.$/,
  ],
  [
    "random bytes",
    () => Uint8Array.from(sequence(5000, 4), (x) => x * 128),
    /^net\.onnx: this is not an ONNX model/,
  ],
  [
    "a file cut short",
    () => writeOnnx(classifier).slice(0, 400),
    /^net\.onnx: .*cut short/,
  ],
  [
    "a file of zeros",
    () => new Uint8Array(1000),
    /^net\.onnx: this is not an ONNX model/,
  ],
  ["no graph", () => Uint8Array.of(8, 8), /^net\.onnx: .*it holds no graph/],
  [
    "no opset",
    () => writeOnnx({ ...classifier, opset: undefined }),
    /names no version of the operator set\. Export it again/,
  ],
  [
    "weights in another file",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          {
            name: "filter",
            dims: [4, 3, 3, 3],
            type: "float",
            external: "net.data",
          },
        ],
      }),
    /^net\.onnx: tensor "filter": its data lies in another file\. Save the model again as one file .*save_as_external_data=False/,
  ],
  [
    "sparse weights",
    () => changed({ sparseInitializers: 1 }),
    /sparse tensors.*Export it with dense weights/,
  ],
  [
    "an operator that is not supported",
    () =>
      continued([
        { op: "Det", name: "odd", inputs: ["scores"], outputs: ["logits"] },
      ]),
    /^net\.onnx: Det "odd" \(opset 13\): this operator is not supported\. Export the model with other operators/,
  ],
  [
    "quantised operators",
    () =>
      continued([
        { op: "QLinearConv", inputs: ["scores"], outputs: ["logits"] },
      ]),
    /QLinearConv "logits" \(opset 13\): .*quanti[sz]ed.*Export the float32 model/,
  ],
  [
    "QuantizeLinear",
    () =>
      continued([
        { op: "QuantizeLinear", inputs: ["scores"], outputs: ["logits"] },
      ]),
    /QuantizeLinear "logits" \(opset 13\): .*quanti[sz]ed.*Export the float32 model/,
  ],
  [
    "a custom domain",
    () =>
      continued([
        {
          op: "FusedGelu",
          domain: "com.microsoft",
          inputs: ["scores"],
          outputs: ["logits"],
        },
      ]),
    /com\.microsoft::FusedGelu "logits" \(opset 13\): operators outside of the standard set/,
  ],
  [
    "control flow",
    () => continued([{ op: "Loop", inputs: ["scores"], outputs: ["logits"] }]),
    /Loop "logits" \(opset 13\): control flow and sequences are not supported\. Export a traced model/,
  ],
  [
    "a shape that depends on the image",
    () =>
      continued([
        {
          op: "NonZero",
          name: "where",
          inputs: ["scores"],
          outputs: ["places"],
        },
        {
          op: "Cast",
          inputs: ["places"],
          outputs: ["logits"],
          attributes: { to: { int: 1 } },
        },
      ]),
    /NonZero "where" \(opset 13\): its input depends on the image\. Export the model with fixed sizes/,
  ],
  [
    "two inputs",
    () =>
      changed({
        inputs: [...classifier.inputs, { name: "age", shape: ["batch", 1] }],
      }),
    /2 inputs \("image" \[batch,3,8,8\], "age" \[batch,1\]\); an image classifier has one/,
  ],
  ["no input", () => changed({ inputs: [] }), /the model has no input/],
  [
    "an input of no image",
    () => changed({ inputs: [{ name: "image", shape: ["batch", 192] }] }),
    /input "image" \[batch,192\]: images \[N,C,H,W\] or \[N,H,W,C\] are expected/,
  ],
  [
    "an input without a shape",
    () => changed({ inputs: [{ name: "image" }] }),
    /input "image" \[\]: images/,
  ],
  [
    "an input of five channels",
    () => changed({ inputs: [{ name: "image", shape: ["batch", 5, 8, 8] }] }),
    /neither its second nor its last axis has 1 or 3 channels/,
  ],
  [
    "an input of bytes",
    () =>
      changed({
        inputs: [{ name: "image", shape: ["batch", 3, 8, 8], type: "uint8" }],
      }),
    /takes uint8\. Export a model that takes float32 images/,
  ],
  [
    "an input of other channels than the filter's",
    () => changed({ inputs: [{ name: "image", shape: ["batch", 1, 8, 8] }] }),
    /Conv "first" \(opset 13\) does not fit its inputs/,
  ],
  [
    "an input of impossible size",
    () =>
      changed({
        inputs: [{ name: "image", shape: ["batch", 3, 2 ** 40, 2 ** 40] }],
      }),
    /input "image"|Conv "first"/,
  ],
  [
    "two outputs",
    () =>
      continued(
        [
          { op: "Relu", inputs: ["scores"], outputs: ["a"] },
          { op: "Neg", inputs: ["scores"], outputs: ["b"] },
        ],
        [],
        { outputs: [{ name: "a" }, { name: "b" }] },
      ),
    /2 outputs could be the class scores: "a" float32\[2,5\], "b" float32\[2,5\]\. Export the model with one of them only/,
  ],
  [
    "no output",
    () => changed({ outputs: [] }),
    /no output gives one number a class/,
  ],
  [
    "an output that nothing gives",
    () => changed({ outputs: [{ name: "nowhere" }] }),
    /the output list uses "nowhere", which nothing in the file gives/,
  ],
  [
    "one class",
    () =>
      continued([
        {
          op: "ReduceMax",
          inputs: ["scores"],
          outputs: ["logits"],
          attributes: intAttributes({ axes: [1] }),
        },
      ]),
    /no output gives one number a class for each image, \[N,K\] with K from 2/,
  ],
  [
    "pixels as output",
    () => changed({ outputs: [{ name: "r" }] }),
    /no output gives one number a class.*"r" float32\[2,4,8,8\]/,
  ],
  [
    "classes as output",
    () =>
      continued([
        {
          op: "ArgMax",
          inputs: ["scores"],
          outputs: ["logits"],
          attributes: intAttributes({ axis: 1 }),
        },
      ]),
    /no output gives one number a class.*int64\[2,1\]/,
  ],
  [
    "an output that does not depend on the image",
    () =>
      changed({
        initializers: [
          ...classifier.initializers,
          floatTensor("known", [2, 5], sequence(10)),
        ],
        outputs: [{ name: "known" }],
      }),
    /the output does not depend on the image/,
  ],
  [
    "a cycle",
    () =>
      continued([
        { op: "Add", name: "loop", inputs: ["scores", "b"], outputs: ["a"] },
        { op: "Relu", inputs: ["a"], outputs: ["b"] },
        { op: "Identity", inputs: ["b"], outputs: ["logits"] },
      ]),
    /Add "loop" \(opset 13\) uses "b", which is computed only after it: the graph is out of order or cyclic/,
  ],
  [
    "a node that uses itself",
    () =>
      continued([
        {
          op: "Add",
          name: "self",
          inputs: ["scores", "logits"],
          outputs: ["logits"],
        },
      ]),
    /Add "self" \(opset 13\) uses "logits", which is computed only after it/,
  ],
  [
    "a name that nothing gives",
    () =>
      continued([
        { op: "Add", inputs: ["scores", "lost"], outputs: ["logits"] },
      ]),
    /uses "lost", which nothing in the file gives/,
  ],
  [
    "a value given twice",
    () =>
      continued([
        { op: "Relu", inputs: ["scores"], outputs: ["c"] },
        { op: "Identity", inputs: ["c"], outputs: ["logits"] },
      ]),
    /gives "c" a second time/,
  ],
  [
    "a weight given twice",
    () =>
      changed({
        initializers: [
          ...classifier.initializers,
          floatTensor("bias", [4], [1, 2, 3, 4]),
        ],
      }),
    /tensor "bias" is there twice/,
  ],
  [
    "a weight and a value of one name",
    () =>
      continued([
        { op: "Relu", inputs: ["scores"], outputs: ["weights"] },
        { op: "Identity", inputs: ["weights"], outputs: ["logits"] },
      ]),
    /gives "weights" a second time/,
  ],
  [
    "a weight that is not there in full",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          floatTensor("filter", [400, 3, 3, 3], sequence(108)),
        ],
      }),
    /tensor "filter": 108 elements are there, its shape \[400,3,3,3\] wants 10800\. The file is damaged/,
  ],
  [
    "a weight of negative size",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          floatTensor("filter", [4, -3, 3, 3], sequence(108)),
        ],
      }),
    /tensor "filter": its shape \[4,-3,3,3\] is not one/,
  ],
  [
    "a weight of overflowing size",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          floatTensor("filter", [2 ** 31, 2 ** 31, 2 ** 31, 4], sequence(108)),
        ],
      }),
    /tensor "filter": its shape \[2147483648,.*\] is too large/,
  ],
  [
    "a weight that is not a number",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          floatTensor("filter", [4, 3, 3, 3], sequence(108).with(77, NaN)),
        ],
      }),
    /tensor "filter": element 77 is NaN\. The training diverged or the file is damaged: use another checkpoint/,
  ],
  [
    "an infinite weight",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(0, 2),
          floatTensor("weights", [5, 4], sequence(20).with(3, -Infinity)),
        ],
      }),
    /tensor "weights": element 3 is -Infinity/,
  ],
  [
    "text as a weight",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          { name: "filter", dims: [1], type: "string" },
        ],
      }),
    /tensor "filter": tensors of string cannot be used\. Export the model in float32/,
  ],
  [
    "a type that there is not",
    () =>
      changed({
        initializers: [
          ...classifier.initializers.slice(1),
          { name: "filter", dims: [1], type: 99 },
        ],
      }),
    /tensor "filter": tensors of type 99 cannot be used/,
  ],
  [
    "training mode",
    () =>
      continued(
        [
          {
            op: "Dropout",
            name: "drop",
            inputs: ["scores", "ratio", "training"],
            outputs: ["logits"],
          },
        ],
        [
          floatTensor("ratio", [], [0.5]),
          { name: "training", dims: [], type: "bool", raw: Uint8Array.of(1) },
        ],
      ),
    /Dropout "drop" \(opset 13\): it is exported in training mode\. Call model\.eval\(\) and export again/,
  ],
  [
    "a PyTorch checkpoint",
    () => Buffer.from("PK\x03\x04 archive/data.pkl"),
    /a ZIP archive.*torch\.onnx\.export/,
  ],
  [
    "a pickle",
    () => Buffer.from([0x80, 2, 0x7d]),
    /a Python pickle.*never opened/,
  ],
  [
    "an HDF5 file",
    () => Buffer.from("\x89HDF\r\n\x1a\n", "latin1"),
    /an HDF5 file/,
  ],
  [
    "a gzip file",
    () => Buffer.from([0x1f, 0x8b, 8]),
    /a gzip file\. Unpack it first/,
  ],
  [
    "a Git LFS pointer",
    () => Buffer.from("version https://git-lfs.github.com/spec/v1\noid"),
    /git lfs pull/,
  ],
  ["a web page", () => Buffer.from("\n <!DOCTYPE html>"), /a web page/],
  [
    "a manifest",
    () => Buffer.from('{"name": "x"}'),
    /a JSON file\. Give the \.onnx file/,
  ],
  [
    "a TensorFlow Lite model",
    () => Buffer.from("\x1c\x00\x00\x00TFL3", "latin1"),
    /TensorFlow Lite/,
  ],
];

describe("a file that cannot be used is refused: its name, the place, the mend", () => {
  it.each(refused)("%s", (_title, bytes, message) => {
    let error: unknown;
    try {
      imported(bytes());
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MotifError);
    expect((error as MotifError).code).toBe("model");
    expect((error as MotifError).message).toMatch(message);
    expect((error as MotifError).message).toMatch(/^net\.onnx: /);
  });

  it("one that is larger than allowed", () => {
    expect(() =>
      imported(new Uint8Array(2 ** 20 + 1), { mostBytes: 2 ** 20 }),
    ).toThrow(/more than the limit of 1 MiB/);
  });

  it.each([0, 1.5, NaN, -1])("a batch of %d", (batch) => {
    expect(() => imported(writeOnnx(classifier), { batch })).toThrow(
      /a batch of/,
    );
  });

  it("branches nested without end", () => {
    let graph: FileGraph = {
      nodes: [{ op: "Neg", inputs: ["scores"], outputs: ["v"] }],
      outputs: [{ name: "v" }],
    };
    const nest = (depth: number) => {
      for (let i = 0; i < depth; i++)
        graph = {
          nodes: [
            {
              op: "If",
              inputs: ["yes"],
              outputs: [`v${i}`],
              attributes: { then_branch: { graph }, else_branch: { graph } },
            },
          ],
          outputs: [{ name: `v${i}` }],
        };
      return continued(
        [
          {
            op: "If",
            inputs: ["yes"],
            outputs: ["logits"],
            attributes: {
              then_branch: { graph },
              else_branch: { graph: { nodes: [] } },
            },
          },
        ],
        [{ name: "yes", dims: [], type: "bool", raw: Uint8Array.of(1) }],
      );
    };
    expect(imported(nest(3)).numClasses).toBe(5);
    expect(() => imported(nest(9))).toThrow(
      /graphs are nested more than 8 deep/,
    );
  });
});
