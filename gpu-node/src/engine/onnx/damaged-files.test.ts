/** Damaged files, by the thousand: each imports or is refused with a MotifError, soon and in little memory. */
import { describe, expect, it } from "vitest";
import { MotifError } from "../../motif-error.ts";
import { randomFrom } from "../../data/random.ts";
import { continued } from "./check-classifier-file.ts";
import {
  floatTensor,
  int64Tensor,
  intAttributes,
  type FileGraph,
  type FileNode,
} from "./check-onnx-file.ts";
import { importModel } from "./import-model.ts";

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: FileNode["attributes"] = {},
): FileNode => ({ op, inputs, outputs: [output], attributes });
const branch: FileGraph = {
  nodes: [node("Neg", ["scores"], "inner")],
  outputs: [{ name: "inner" }],
};

/** Shapes, bounds, repeats, windows and branches that damage can turn into anything. */
const model = continued(
  [
    node("Shape", ["scores"], "shape"),
    node("ConstantOfShape", ["shape"], "ones", {
      value: { tensor: floatTensor("", [1], [1]) },
    }),
    node("Range", ["from", "to", "by"], "range"),
    node("Cast", ["range"], "steps", { to: { int: 1 } }),
    node("Add", ["scores", "ones"], "a"),
    node("Add", ["a", "steps"], "b"),
    node("Tile", ["b", "repeats"], "tiled"),
    node("Reshape", ["tiled", "picture"], "grid"),
    node("Pad", ["grid", "pads"], "padded"),
    node("Resize", ["padded", "", "scales"], "larger", {
      mode: { text: "linear" },
    }),
    node(
      "MaxPool",
      ["larger"],
      "pooled",
      intAttributes({ kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
    ),
    node("Slice", ["pooled", "starts", "ends", "axes", "strides"], "slice"),
    node(
      "ReduceMean",
      ["slice"],
      "mean",
      intAttributes({ axes: [2], keepdims: 0 }),
    ),
    node("Expand", ["mean", "wide"], "expanded"),
    node(
      "Gather",
      ["expanded", "indices"],
      "picked",
      intAttributes({ axis: 2 }),
    ),
    node("Einsum", ["picked", "mix"], "mixed", {
      equation: { text: "nij,jk->nk" },
    }),
    node("If", ["yes"], "chosen", {
      then_branch: { graph: branch },
      else_branch: { graph: branch },
    }),
    node("Concat", ["mixed", "chosen"], "both", intAttributes({ axis: 1 })),
    node("Softmax", ["both"], "logits", intAttributes({ axis: -1 })),
  ],
  [
    int64Tensor("from", [0], []),
    int64Tensor("to", [5], []),
    int64Tensor("by", [1], []),
    int64Tensor("repeats", [1, 4]),
    int64Tensor("picture", [0, 1, 4, 5]),
    int64Tensor("pads", [0, 0, 1, 1, 0, 0, 1, 0]),
    floatTensor("scales", [4], [1, 1, 2, 1.5]),
    int64Tensor("starts", [0, -2]),
    int64Tensor("ends", [2n ** 63n - 1n, -5]),
    int64Tensor("axes", [2, 3]),
    int64Tensor("strides", [2, -1]),
    int64Tensor("wide", [1, 2, 1]),
    int64Tensor("indices", [1, 0, -1]),
    floatTensor(
      "mix",
      [3, 4],
      Array.from({ length: 12 }, (_, i) => i / 12),
    ),
    { name: "yes", dims: [], type: "bool", raw: Uint8Array.of(1) },
  ],
);

/** @returns whether the file could be used; every refusal is a MotifError that names the file */
function isUsable(bytes: Uint8Array, what: string): boolean {
  const started = performance.now();
  let usable = true;
  try {
    importModel(bytes, { name: "net.onnx", batch: 2 });
  } catch (error) {
    usable = false;
    if (!(error instanceof MotifError))
      throw new Error(`${what}: not a MotifError`, { cause: error });
    expect(error.code, what).toBe("model");
    expect(error.message, what).toMatch(/^net\.onnx: .{20}/s);
  }
  expect(performance.now() - started, `${what}: ms`).toBeLessThan(10_000);
  return usable;
}

describe("a damaged file imports or is refused, and nothing else happens", () => {
  it("is a model before it is damaged", () => {
    expect(importModel(model, { name: "net.onnx", batch: 2 }).numClasses).toBe(
      9,
    );
  });

  it("cut short anywhere", () => {
    for (let length = 0; length < model.length; length++)
      isUsable(model.subarray(0, length), `the first ${length} bytes`);
    expect(isUsable(model.subarray(0, model.length - 20), "cut")).toBe(false);
  });

  const count = (what: string) => (what === "eight bytes" ? 8 : 1);
  it.each([
    ["a bit", 600, 1],
    ["a byte", 600, 0],
    ["eight bytes", 400, 0],
  ] as const)("with %s changed", (what, rounds, bits) => {
    const random = randomFrom(`damage ${what}`);
    let usable = 0;
    for (let round = 0; round < rounds; round++) {
      const damaged = Uint8Array.from(model);
      for (let i = 0; i < count(what); i++) {
        const at = random.nextBelow(model.length);
        damaged[at] =
          bits === 1
            ? damaged[at] ^ (1 << random.nextBelow(8))
            : random.nextBelow(256);
      }
      usable += Number(isUsable(damaged, `${what}, round ${round}`));
    }
    // Some damage is to weights, which may be any number; all else must be noticed.
    if (count(what) === 1) expect(usable).toBeGreaterThan(0);
    expect(usable).toBeLessThan(rounds);
  });

  it("with a piece missing, or there twice", () => {
    const random = randomFrom("pieces");
    for (let round = 0; round < 400; round++) {
      const [a, b] = [random.nextBelow(model.length), random.nextBelow(64)];
      const [before, piece, after] = [
        model.subarray(0, a),
        model.subarray(a, a + b),
        model.subarray(a + b),
      ];
      isUsable(Buffer.concat([before, after]), `without ${a}+${b}`);
      isUsable(Buffer.concat([before, piece, piece, after]), `twice ${a}+${b}`);
    }
  });

  it("random bytes", () => {
    const random = randomFrom("noise");
    for (let round = 0; round < 300; round++) {
      const noise = Uint8Array.from({ length: random.nextBelow(400) }, () =>
        random.nextBelow(256),
      );
      expect(isUsable(noise, `noise ${round}`)).toBe(false);
    }
  });
});
