/**
 * What a path on this machine means as a data set. Formats of few files become artifacts, so that nodes elsewhere can have them:
 * IDX pairs, CIFAR's binary files, archives. A folder of images a class stays where it is, and nodes must see it there.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";

const idxImages = /images[-_.]idx3[-_.]ubyte(\.gz)?$/;
const idxLabels = /labels[-_.]idx1[-_.]ubyte(\.gz)?$/;
const cifarFiles =
  /^(data_batch_[1-5]\.bin|test_batch\.bin|train\.bin|test\.bin|batches\.meta\.txt|fine_label_names\.txt)$/;
const archives = /\.(tar|tar\.gz|tgz)$/i;

/**
 * @returns absolute paths of the files to register; none for a folder of images
 * @throws ControlPlaneError "invalid" for a path that is not absolute, is not there, or is of no known format
 */
export async function findDatasetFiles(
  path: string,
): Promise<readonly string[]> {
  if (!isAbsolute(path))
    throw new ControlPlaneError(
      "invalid",
      `path: ${path}: an absolute path on the control plane's machine is expected.`,
    );
  try {
    const facts = await stat(path);
    if (!facts.isDirectory()) return await filesOfFile(path, facts.isFile());
    const names = (await readdir(path)).sort();
    const idx = names.filter(
      (name) => idxImages.test(name) || idxLabels.test(name),
    );
    const chosen =
      idx.length > 0 ? idx : names.filter((name) => cifarFiles.test(name));
    return chosen.map((name) => join(path, name));
  } catch (cause) {
    if (cause instanceof ControlPlaneError) throw cause;
    throw unreadable(path, cause);
  }
}

async function filesOfFile(
  path: string,
  isFile: boolean,
): Promise<readonly string[]> {
  const name = basename(path);
  if (isFile && (archives.test(name) || /\.bin$/i.test(name))) return [path];
  if (isFile && idxImages.test(name))
    return [path, await findLabels(path, name)];
  throw new ControlPlaneError(
    "invalid",
    idxLabels.test(name)
      ? `path: ${path}: these are labels. Name the images file, or the folder of both.`
      : `path: ${path}: no data set that Motif reads. Name an IDX images file (…images-idx3-ubyte, .gz too), one of CIFAR's .bin files, a .tar, ` +
          ".tar.gz or .tgz, or a folder: of IDX or CIFAR files, or with a folder of images a class.",
  );
}

async function findLabels(path: string, name: string): Promise<string> {
  const folder = dirname(path);
  const labels = name
    .replace(/images([-_.])idx3/, "labels$1idx1")
    .replace(/\.gz$/, "");
  const names = await readdir(folder);
  const found = [labels, `${labels}.gz`].find((one) => names.includes(one));
  if (found !== undefined) return join(folder, found);
  throw new ControlPlaneError(
    "invalid",
    `path: ${path}: its labels file is missing. Put ${labels} or ${labels}.gz beside it.`,
  );
}

function unreadable(path: string, cause: unknown): ControlPlaneError {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  const why =
    code === "ENOENT" || code === "ENOTDIR"
      ? "there is nothing there on the control plane's machine. Check the path, or upload the files"
      : code === "EACCES" || code === "EPERM"
        ? "the control plane may not read it. Give it the right to"
        : `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
  return new ControlPlaneError("invalid", `path: ${path}: ${why}.`, { cause });
}
