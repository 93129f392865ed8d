import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newFolder } from "./check-dataset.ts";
import { readManifest } from "./manifest.ts";

const folder = newFolder();

async function read(content: unknown) {
  const path = join(folder, "model.json");
  await writeFile(
    path,
    typeof content === "string" ? content : JSON.stringify(content),
  );
  return readManifest(path, "fallback");
}

describe("what a manifest may leave out or add", () => {
  it("takes the defaults where there is no file, or nothing in it", async () => {
    const expected = {
      name: "fallback",
      inputRange: [0, 1],
      mean: [0],
      std: [1],
      layout: "NCHW",
      declaresLayout: false,
      channelOrder: "RGB",
    };
    expect(await readManifest(undefined, "fallback")).toEqual(expected);
    expect(await read({})).toEqual(expected);
  });

  it("passes over fields that it does not know, at every depth", async () => {
    const manifest = await read({
      source: "somewhere",
      groundTruth: { status: "clean", note: 1 },
    });
    expect(manifest.groundTruth).toEqual({ status: "clean" });
  });

  it("reads a file that starts with a byte order mark", async () => {
    expect((await read('\uFEFF{"name":"marked"}')).name).toBe("marked");
  });

  it("keeps names of 200 characters and of every script", async () => {
    const long = "ب".repeat(200);
    const classes = ["חתול", "כלב", "鳥", "🐸", ""];
    const manifest = await read({ name: long, classes });
    expect(manifest.name).toBe(long);
    expect(manifest.classes).toEqual(classes);
  });

  it("lets two classes have one name, as ImageNet's two cranes do", async () => {
    const classes = ["crane", "dog", "crane"];
    expect((await read({ classes })).classes).toEqual(classes);
  });

  it("keeps everything that it knows", async () => {
    const content = {
      name: "m",
      dataset: "d",
      inputRange: [-1, 1],
      mean: [1, 2, 3],
      std: [4, 5, 6],
      layout: "NHWC",
      channelOrder: "BGR",
      inputSize: [224, 200],
      classes: ["a", "b"],
      declaredAccuracy: 0.5,
      groundTruth: {
        status: "poisoned",
        targetClass: 1,
        attackSuccessRate: 1,
        trigger: {
          description: "a patch",
          box: { top: 0, left: 1, height: 2, width: 3 },
          image: "trigger.png",
        },
      },
    };
    expect(await read(content)).toEqual({ ...content, declaresLayout: true });
  });
});

describe("what a manifest may not say", () => {
  it.each([
    [
      "a percentage as accuracy",
      { declaredAccuracy: 81.03 },
      /"declaredAccuracy": .*Is 81\.03 a percentage\? Then write 0\.8103\. /,
    ],
    [
      "an accuracy beyond all",
      { declaredAccuracy: 810 },
      /"declaredAccuracy": .* not 810/,
    ],
    ["a negative accuracy", { declaredAccuracy: -0.1 }, /"declaredAccuracy"/],
    [
      "an accuracy as text",
      { declaredAccuracy: "0.81" },
      /"declaredAccuracy".*number/,
    ],
    [
      "a reversed range",
      { inputRange: [1, -1] },
      /"inputRange": it is \[low, high\] with low below high/,
    ],
    ["an empty range", { inputRange: [1, 1] }, /"inputRange"/],
    ["a range of three", { inputRange: [0, 1, 2] }, /"inputRange"/],
    [
      "a std of 0",
      { std: [1, 0, 1] },
      /"std\.1": a standard deviation is at least/,
    ],
    ["a negative std", { std: [-1] }, /"std\.0"/],
    ["no std at all", { std: [] }, /"std"/],
    ["a mean for five channels", { mean: [1, 2, 3, 4, 5] }, /"mean"/],
    ["a single mean, not in a list", { mean: 0.5 }, /"mean"/],
    ["an unknown layout", { layout: "NWHC" }, /"layout"/],
    ["an unknown channel order", { channelOrder: "GBR" }, /"channelOrder"/],
    ["a size of 0", { inputSize: [0, 32] }, /"inputSize\.0"/],
    ["a size with a fraction", { inputSize: [32, 32.5] }, /"inputSize\.1"/],
    ["a single size", { inputSize: 224 }, /"inputSize"/],
    ["classes by number", { classes: [1, 2] }, /"classes\.0".*string/],
    ["classes as an object", { classes: { 0: "a" } }, /"classes".*array/],
    ["an empty name", { name: "" }, /"name"/],
    ["a name of 201 characters", { name: "x".repeat(201) }, /"name"/],
    [
      "an unknown status",
      { groundTruth: { status: "dirty" } },
      /"groundTruth\.status"/,
    ],
    [
      "a negative target class",
      { groundTruth: { status: "poisoned", targetClass: -1 } },
      /"groundTruth\.targetClass"/,
    ],
    [
      "a trigger box without width",
      {
        groundTruth: {
          status: "poisoned",
          trigger: { box: { top: 0, left: 0, height: 1 } },
        },
      },
      /"groundTruth\.trigger\.box\.width"/,
    ],
    ["a list", [], /the document: .*object/],
    ["null", null, /the document: .*object/],
  ])("%s", async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
    await expect(read(content)).rejects.toMatchObject({
      name: "MotifError",
      code: "model",
    });
    await expect(read(content)).rejects.toThrow(
      /^\S*model\.json: .*Correct the manifest\.$/,
    );
  });

  it.each([
    ["infinite", '{"mean":[1e999]}', /"mean\.0"/],
    [
      "so large that their difference is infinite",
      '{"inputRange":[-1e308,1e308]}',
      /"inputRange\.0"/,
    ],
    ["so small that a quotient is infinite", '{"std":[1e-320]}', /"std\.0"/],
  ])("numbers that are %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "name: x"],
    ["a cut-off document", '{"name": "x"'],
  ])("%s", async (_, text) => {
    await expect(read(text)).rejects.toThrow(
      /model\.json: the manifest cannot be read \(.*\)\. It should be a JSON file/,
    );
  });

  it("more than 1 MiB", async () => {
    await expect(read(`{"name":"${"x".repeat(2 ** 20)}"}`)).rejects.toThrow(
      /more than 1 MiB/,
    );
  });

  it("anything, where the path is a folder or leads nowhere", async () => {
    await expect(readManifest(folder, "x")).rejects.toThrow(
      /the manifest cannot be read/,
    );
    await expect(readManifest(join(folder, "none.json"), "x")).rejects.toThrow(
      /none\.json: the manifest cannot be read/,
    );
  });
});
