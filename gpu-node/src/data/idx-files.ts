/** Which IDX files belong together, and to which split, by the names that the MNIST family gives them. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MotifError } from "../motif-error.ts";
import { chooseSplit, splitNames } from "./split-names.ts";

const imagesName = /^(.*?)[-_.]?images[-_.]idx3[-_.]ubyte(\.gz)?$/;
const labelsName = /labels[-_.]idx1[-_.]ubyte(\.gz)?$/;

/**
 * The images file that `path` means, or null where it means no IDX data set.
 * @throws MotifError "dataset" when it is not clear which
 */
export async function findIdxImages(
  path: string,
  split?: string,
): Promise<string | null> {
  if (!(await stat(path)).isDirectory()) {
    if (labelsName.test(basename(path)))
      throw new MotifError(
        "dataset",
        `${path}: these are labels. Name the images file, or the folder of both.`,
      );
    return imagesName.test(basename(path)) ? path : null;
  }
  const found = (await readdir(path))
    .filter((name) => imagesName.test(name))
    .sort();
  if (found.length === 0) return null;
  const chosen = chooseSplit(
    path,
    [...new Set(found.map(splitOf))],
    split === "t10k" ? "test" : split,
  );
  const candidates = found.filter((name) => splitOf(name) === chosen);
  const plain = new Set(candidates.map((name) => name.replace(/\.gz$/, "")));
  if (plain.size > 1)
    throw new MotifError(
      "dataset",
      `${path}: several data sets, ${[...plain].join(", ")}. Name one of the files.`,
    );
  return join(path, candidates[0]); // "x" sorts before "x.gz": what is unpacked already is taken.
}

/** The splits of a folder of IDX files; none for a single file. */
export async function listIdxSplits(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [];
  const found = (await readdir(path)).filter((name) => imagesName.test(name));
  return [...new Set(found.sort().map(splitOf))];
}

/** The split that a file's name tells: "t10k" is MNIST's word for test. */
function splitOf(name: string): string {
  const prefix = imagesName.exec(name)![1];
  const word = /[^-_.]*$/.exec(prefix)![0];
  if (word === "t10k") return "test";
  return splitNames.find((known) => known === word) ?? prefix;
}

/** @throws MotifError "dataset" when there is no labels file beside the images */
export function findIdxLabels(imagesPath: string): string {
  const name = basename(imagesPath)
    .replace(/images([-_.])idx3/, "labels$1idx1")
    .replace(/\.gz$/, "");
  const folder = dirname(imagesPath);
  const found = [name, `${name}.gz`].find((one) =>
    existsSync(join(folder, one)),
  );
  if (found !== undefined) return join(folder, found);
  throw new MotifError(
    "dataset",
    `${imagesPath}: its labels file is missing. Put ${name} or ${name}.gz beside it.`,
  );
}
