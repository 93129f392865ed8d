/** What people get wrong, on the command line: one clear line that names the thing and the mend, before the work starts. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  changed,
  continued,
} from "../../gpu-node/src/engine/onnx/check-classifier-file.ts";
import { columnsSize, writeColumns } from "../fixtures/columns.ts";
import { runMotif } from "../harness/motif.ts";

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
let model: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-bad-input-"));
  await writeColumns(folder);
  model = await readFile(at("columns.onnx"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a search that has to be refused before it begins. @returns the one line that says why */
async function refusal(
  model: string,
  dataset: string,
  status = 1,
): Promise<string> {
  const out = at("out");
  const run = await runMotif(
    ...["search", "--local", "--model", model, "--dataset", dataset],
    ...["--out", out, "--steps", "5", "--backend", "onnxruntime:cpu"],
  );
  expect(run.stderr).not.toContain("Searching on");
  expect(run.stderr).not.toContain("    at ");
  expect(run.stderr).not.toContain("an error of Motif's own");
  expect(run.status).toBe(status);
  expect(existsSync(join(out, "result.json"))).toBe(false);
  const lines = run.stderr
    .split("\n")
    .filter((line) => line.startsWith("motif: "));
  expect(lines).toHaveLength(1);
  return lines[0];
}

describe("a model", () => {
  const refused = async (
    name: string,
    bytes: Uint8Array,
    manifest?: object,
  ) => {
    await writeFile(at(name), bytes);
    if (manifest)
      await writeFile(
        at(name.replace(".onnx", ".json")),
        JSON.stringify(manifest),
      );
    return refusal(at(name), folder);
  };

  it("that is cut off, or longer than ONNX files can be", async () => {
    expect(
      await refused("cut.onnx", model.subarray(0, model.length / 2)),
    ).toMatch(/cut\.onnx: .*(cut off|damaged|truncated)/i);
    await writeFile(at("huge.onnx"), "");
    truncateSync(at("huge.onnx"), 3 * 2 ** 30);
    expect(await refusal(at("huge.onnx"), folder)).toMatch(
      /huge\.onnx: .*2 GiB/,
    );
  });

  it("with an operator that Motif does not know", async () => {
    expect(
      await refused(
        "odd.onnx",
        continued([
          {
            op: "Frobnicate",
            name: "layer7",
            inputs: ["scores"],
            outputs: ["logits"],
          },
        ]),
      ),
    ).toMatch(/odd\.onnx: Frobnicate "layer7" \(opset \d+\)/);
  });

  it("with two outputs that could be class scores", async () => {
    const bytes = changed({
      outputs: [
        { name: "f", shape: ["batch", 4] },
        { name: "p", shape: ["batch", 4, 1, 1] },
      ],
    });
    expect(await refused("two.onnx", bytes)).toMatch(
      /two\.onnx: 2 outputs could be the class scores/,
    );
  });

  it.each([
    [
      "class names",
      { classes: ["a", "b"] },
      /names 2 classes, the graph has 3/,
    ],
    ["layout", { layout: "NHWC" }, /says layout NHWC, the graph takes NCHW/],
    ["size", { inputSize: [9, 9] }, /9×9/],
    [
      "accuracy",
      { declaredAccuracy: 0.5 },
      /declared accuracy 50\.00%, measured 100\.00%/,
    ],
    ["accuracy in percent", { declaredAccuracy: 81 }, /declaredAccuracy/],
    ["std", { std: [0] }, /"std/],
  ])("whose manifest has the wrong %s", async (what, manifest, message) => {
    expect(
      await refused(`${what.replaceAll(" ", "-")}.onnx`, model, manifest),
    ).toMatch(message);
  });
});

describe("a data set", () => {
  const png = (options: { width?: number; value?: number } = {}) =>
    sharp({
      create: {
        width: options.width ?? columnsSize,
        height: options.width ?? columnsSize,
        channels: 3,
        background: { r: options.value ?? 90, g: 40, b: 10 },
      },
    })
      .png()
      .toBuffer();
  /** A folder of images a class; `change` spoils it. */
  const newSet = async (
    name: string,
    change?: (path: string) => Promise<void> | void,
  ) => {
    for (const [index, className] of ["a", "b", "c"].entries()) {
      mkdirSync(at(name, className), { recursive: true });
      for (let i = 0; i < 6; i++)
        await writeFile(
          at(name, className, `${i}.png`),
          await png({ value: 30 * i + index }),
        );
    }
    await change?.(at(name));
    return at(name);
  };
  const refused = async (
    name: string,
    change: (path: string) => Promise<void> | void,
  ) => refusal(at("columns.onnx"), await newSet(name, change));

  it("that is not there, or empty, or of one class", async () => {
    expect(await refusal(at("columns.onnx"), at("nowhere"))).toMatch(
      /nowhere: there is no such file or folder/,
    );
    mkdirSync(at("empty"));
    expect(await refusal(at("columns.onnx"), at("empty"))).toMatch(
      /empty: .*no images/,
    );
    const one = await refused("one", async (path) => {
      await rm(join(path, "b"), { recursive: true });
      await rm(join(path, "c"), { recursive: true });
    });
    expect(one).toMatch(/one: .*one class/);
  });

  it("with another number of classes than the model", async () => {
    expect(
      await refused("four", (path) =>
        cpSync(join(path, "a"), join(path, "d"), { recursive: true }),
      ),
    ).toMatch(/4 classes, the model columns has 3/);
  });

  it("with an unreadable or a one-pixel image", async () => {
    expect(
      await refused("text", (path) =>
        writeFile(join(path, "b", "3.png"), "no picture"),
      ),
    ).toMatch(/b\/3\.png/);
    expect(
      await refused("cut", async (path) =>
        writeFile(join(path, "b", "3.png"), (await png()).subarray(0, 60)),
      ),
    ).toMatch(/b\/3\.png/);
    expect(
      await refused("dot", async (path) =>
        writeFile(join(path, "c", "5.png"), await png({ width: 1 })),
      ),
    ).toMatch(/c\/5\.png: 1×1 pixels, the model takes 8×8/);
  });

  it("with grey images among colour ones is fine: it is searched", async () => {
    const path = await newSet("mixed", async (set) => {
      await sharp(await png())
        .greyscale()
        .toFile(join(set, "a", "9.jpg"));
    });
    await writeFile(at("plain.onnx"), model);
    const run = await runMotif(
      "search",
      "--local",
      "--model",
      at("plain.onnx"),
      "--dataset",
      path,
      "--out",
      at("mixed-out"),
      "--steps",
      "5",
      "--batch-size",
      "2",
    );
    expect(run.stderr).not.toContain("motif: ");
    expect(run.status).toBe(0);
  });

  it("in an archive whose entries point out of it, or that expands without end", async () => {
    const path = await newSet("packed");
    execFileSync(
      "tar",
      [
        "-cf",
        at("up.tar"),
        "--transform",
        "s,^a/,../a/,",
        "-P",
        "-C",
        path,
        "a",
        "b",
        "c",
      ],
      { stdio: "ignore" },
    );
    expect(await refusal(at("columns.onnx"), at("up.tar"))).toMatch(
      /up\.tar: .*\.\.\/a/,
    );
    symlinkSync("/etc/hostname", join(path, "a", "link.png"));
    execFileSync("tar", ["-cf", at("links.tar"), "-C", path, "a", "b", "c"]);
    expect(await refusal(at("columns.onnx"), at("links.tar"))).toMatch(
      /links\.tar: .*link\.png/,
    );
    await writeFile(at("zeros"), "");
    truncateSync(at("zeros"), 2 ** 30);
    execFileSync(
      "sh",
      [
        "-c",
        "{ head -c 16 test-images-idx3-ubyte; cat zeros; } | gzip -1 > bomb-images-idx3-ubyte.gz; cp test-labels-idx1-ubyte bomb-labels-idx1-ubyte",
      ],
      { cwd: folder },
    );
    expect(
      await refusal(at("columns.onnx"), at("bomb-images-idx3-ubyte.gz")),
    ).toMatch(/bomb/);
  });
});

describe("wrong use", () => {
  it.each([
    [
      "a class outside the range",
      ["--classes", "7"],
      /the model has the classes 0 to 2/,
    ],
    ["an unknown backend", ["--backend", "gpu"], /--backend gpu/],
    ["a number that is none", ["--steps", "many"], /whole number/],
    ["an unknown option", ["--stepps", "3"], /unknown option/],
  ])("%s: exit status 2", async (_, more, message) => {
    const run = await runMotif(
      "search",
      "--local",
      "--model",
      at("columns.onnx"),
      "--dataset",
      folder,
      "--out",
      at("out"),
      ...more,
    );
    expect(run.stderr).toMatch(message);
    expect(run.status).toBe(2);
  });
});
