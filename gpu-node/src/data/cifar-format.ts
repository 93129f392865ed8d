/**
 * CIFAR's binary format (Krizhevsky, "Learning multiple layers of features from tiny images", 2009; the files' own web page):
 * records of one label byte (CIFAR-100: the coarse one, then the fine one) and 3,072 pixels, uint8 [3, 32, 32].
 */
import { basename } from "node:path";
import { MotifError } from "../motif-error.ts";
import type { ListedFile } from "./file-tree.ts";
import { chooseSplit } from "./split-names.ts";

export const cifarShape = [3, 32, 32] as const;
export const cifarPixels = 3 * 32 * 32;

export interface CifarKind {
  readonly name: string;
  /** The last of them is the label that counts. */
  readonly labelBytes: number;
  readonly numClasses: number;
  /** One class name a line. */
  readonly namesFile: string;
  readonly splits: Readonly<Record<string, readonly string[]>>;
}

const kinds: readonly CifarKind[] = [
  {
    name: "CIFAR-10",
    labelBytes: 1,
    numClasses: 10,
    namesFile: "batches.meta.txt",
    splits: {
      test: ["test_batch.bin"],
      train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
    },
  },
  {
    name: "CIFAR-100",
    labelBytes: 2,
    numClasses: 100,
    namesFile: "fine_label_names.txt",
    splits: { test: ["test.bin"], train: ["train.bin"] },
  },
];

const batchFiles = new Set(
  kinds.flatMap(({ splits }) => Object.values(splits).flat()),
);
const namesFiles = kinds.map((kind) => kind.namesFile);

export const isCifarBatch = (path: string) => batchFiles.has(basename(path));
export const isCifarFile = (path: string) =>
  isCifarBatch(path) || namesFiles.includes(basename(path));
export { namesFiles as cifarNamesFiles };

export interface CifarFiles {
  readonly kind: CifarKind;
  /** In the order of the data set, with the number of images in each. */
  readonly batches: readonly {
    readonly path: string;
    readonly count: number;
  }[];
  /** Those that are there; none where it is one file. */
  readonly splits: readonly string[];
  /** Path of the class names, where they are there. */
  readonly namesPath: string | null;
}

/**
 * The files of one split.
 * @throws MotifError "dataset" when they cannot be what their names say
 */
export function chooseCifarFiles(
  place: string,
  files: readonly ListedFile[],
  wantedSplit: string | undefined,
): CifarFiles {
  const named = (name: string) =>
    files.filter(({ path }) => basename(path) === name);
  const present = kinds.filter(({ splits }) =>
    Object.values(splits)
      .flat()
      .some((name) => named(name).length > 0),
  );
  if (present.length > 1)
    throw new MotifError(
      "dataset",
      `${place}: it holds both ${present.map(({ name }) => name).join(" and ")}. Name the folder of one of them.`,
    );
  const [kind] = present;
  const available = Object.keys(kind.splits).filter((split) =>
    kind.splits[split].some((name) => named(name).length > 0),
  );
  const split = chooseSplit(place, available, wantedSplit);
  const batches = kind.splits[split].flatMap(named);
  const twice = batches.find(
    ({ path }, i) => i > 0 && basename(batches[i - 1].path) === basename(path),
  );
  if (twice)
    throw new MotifError(
      "dataset",
      `${place}: ${basename(twice.path)} is there twice. Name the folder of one of them.`,
    );
  return {
    kind,
    splits: available,
    batches: batches.map((file) => ({
      path: file.path,
      count: countImages(`${place}: ${file.path}`, file.size, kind),
    })),
    namesPath: named(kind.namesFile)[0]?.path ?? null,
  };
}

/**
 * One file of whatever name: what it holds is told by its name, else by its size.
 * @throws MotifError "dataset"
 */
export function recogniseCifarFile(
  place: string,
  { path, size }: ListedFile,
): CifarFiles {
  const byName = kinds.filter(({ splits }) =>
    Object.values(splits).flat().includes(basename(path)),
  );
  const bySize = kinds.filter(
    (kind) => size > 0 && size % recordBytes(kind) === 0,
  );
  const candidates = byName.length > 0 ? byName : bySize;
  if (candidates.length !== 1)
    throw new MotifError(
      "dataset",
      `${place}: ${size} bytes, no whole number of CIFAR-10's records (3,073 bytes) or CIFAR-100's (3,074). Is it complete, and CIFAR's binary version?`,
    );
  const [kind] = candidates;
  const count = countImages(place, size, kind);
  return { kind, splits: [], batches: [{ path, count }], namesPath: null };
}

export const recordBytes = (kind: CifarKind) => kind.labelBytes + cifarPixels;

function countImages(place: string, size: number, kind: CifarKind): number {
  if (size === 0 || size % recordBytes(kind) !== 0)
    throw new MotifError(
      "dataset",
      `${place}: ${size} bytes, no whole number of ${kind.name}'s records of ${recordBytes(kind)} bytes. It was cut off or is another file: fetch it again.`,
    );
  return size / recordBytes(kind);
}

/**
 * @param text one name a line
 * @throws MotifError "dataset" when there are not as many as the format has
 */
export function parseClassNames(
  place: string,
  text: string,
  kind: CifarKind,
): string[] {
  const names = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (names.length !== kind.numClasses)
    throw new MotifError(
      "dataset",
      `${place}: ${names.length} class names, ${kind.name} has ${kind.numClasses}. Fetch the file again, or remove it: the classes are then numbered.`,
    );
  return names;
}
