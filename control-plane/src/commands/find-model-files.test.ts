import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findModelFiles, isInside } from "./find-model-files.ts";

let place: string;
let folder: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "motif-folder-"));
  folder = join(place, "models");
  await mkdir(join(folder, "below", "further"), { recursive: true });
  await mkdir(join(place, "models-of-others"));
  for (const path of [
    ...["models/b.onnx", "models/A.ONNX", "models/a.json", "models/notes.txt"],
    ...["models/below/c.onnx", "models/below/further/d.onnx"],
    ...["models-of-others/e.onnx", "models-of-others/e.json"],
  ])
    await writeFile(join(place, path), path);
  await symlink("below/c.onnx", join(folder, "inside.onnx"));
  await symlink("below", join(folder, "folder-inside"));
  await symlink(".", join(folder, "circle"));
  await symlink("../models-of-others/e.onnx", join(folder, "outside.onnx"));
  await symlink("../models-of-others", join(folder, "folder-outside"));
  await symlink("../models-of-others/e.json", join(folder, "b.json"));
  await symlink("nowhere.onnx", join(folder, "broken.onnx"));
  await mkdir(join(folder, "named-so.onnx"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const find = async (more?: object) => {
  const { paths, leftOut } = await findModelFiles(folder, {
    ...{ depth: 16, models: 100, entries: 1_000, ...more },
  });
  const shown = (path: string) => relative(folder, path);
  return {
    paths: paths.map(shown),
    leftOut: Object.fromEntries(
      leftOut.map(({ path, problem }) => [shown(path), problem]),
    ),
  };
};

test("every model below a folder is found once, and what a link brings in from elsewhere is told", async () => {
  expect(await find()).toEqual({
    paths: [
      ...["A.ONNX", "b.onnx", "below/c.onnx", "below/further/d.onnx"],
      "inside.onnx",
    ],
    leftOut: {
      "outside.onnx": expect.stringContaining(
        "outside of the folder",
      ) as string,
      "folder-outside": expect.stringContaining(
        "outside of the folder",
      ) as string,
      "broken.onnx": expect.stringContaining("leads nowhere") as string,
    },
  });
  expect(await isInside(join(folder, "a.json"), folder)).toBe(true);
  expect(await isInside(join(folder, "b.json"), folder)).toBe(false);
});

test("a folder has bounds, and says which one it passes", async () => {
  expect(await find({ depth: 1 })).toMatchObject({
    paths: ["A.ONNX", "b.onnx", "below/c.onnx", "inside.onnx"],
    leftOut: {
      "below/further": expect.stringContaining("1 levels down") as string,
    },
  });
  await expect(find({ models: 4 })).rejects.toThrow("more than 4 models");
  await expect(find({ entries: 5 })).rejects.toThrow(
    "more than 5 files and folders",
  );
  await expect(findModelFiles(join(place, "none"))).rejects.toThrow(/ENOENT/);
});
