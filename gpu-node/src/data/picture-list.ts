/** Which class each picture belongs to, from the names of files alone: before any is opened. */
import { MotifError } from "../motif-error.ts";
import type { ListedFile, Listing } from "./file-tree.ts";
import { chooseSplit, isSplitName } from "./split-names.ts";

/** Pictures of formats that Motif does not read are meant too: they are refused rather than overlooked. */
const pictureName = /\.(jpe?g|jfif|png|webp|gif|tiff?|bmp|p[pgn]m|avif|heic)$/i;
const largestPictureBytes = 64 * 2 ** 20;
/** Labels have 16 bits. */
const mostClasses = 2 ** 16;

export const isPicture = (path: string) => pictureName.test(path);

export interface PictureList {
  /** Those that are there, sorted; none where classes lie in no split. */
  readonly splits: readonly string[];
  /** Names of the class folders in sorted order, the order of class indices. */
  readonly classes: readonly string[];
  /** By class, then by name: the order of the data set. */
  readonly pictures: readonly ListedFile[];
  /** One a picture. */
  readonly labels: Uint16Array;
  /** What precedes a picture's class in its path, such as `cifar10/test/`. */
  readonly prefix: string;
}

/**
 * A folder a class, all of them perhaps in a folder of their own, perhaps in one a split. Folders within a class folder
 * belong to the class, as the field's usual loaders have it.
 * @throws MotifError "dataset" naming what lies wrong
 */
export function listPictures(
  place: string,
  { files, folders }: Listing,
  wantedSplit: string | undefined,
): PictureList {
  const all = files.filter((file) => isPicture(file.path));
  if (all.length === 0)
    throw new MotifError(
      "dataset",
      `${place}: no images. It should hold a folder of images a class (JPEG, PNG, WebP, GIF or TIFF).`,
    );
  const wrapper = findWrapper(all);
  const inside = ({ path }: ListedFile) => path.slice(wrapper.length);
  const tops = new Set(all.map((file) => inside(file).split("/", 1)[0]));
  const hasSplits =
    [...tops].every(isSplitName) &&
    all.every((file) => inside(file).split("/").length >= 3);
  const split = hasSplits
    ? chooseSplit(place, [...tops], wantedSplit)
    : wantedSplit === undefined
      ? ""
      : chooseSplit(place, [], wantedSplit);
  const prefix = hasSplits ? `${wrapper}${split}/` : wrapper;
  const chosen = all.filter((file) => file.path.startsWith(prefix));
  const classes = nameClasses(place, chosen, prefix);
  checkFolders(place, folders, {
    classes,
    prefix,
    // Every split has the same classes: one that is missing here would shift the indices of those after it.
    prefixes: hasSplits
      ? [...tops].map((top) => `${wrapper}${top}/`)
      : [wrapper],
    all,
  });
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const classOf = ({ path }: ListedFile) =>
    indexOf.get(path.slice(prefix.length, path.indexOf("/", prefix.length)))!;
  const pictures = chosen.sort(
    (a, b) => classOf(a) - classOf(b) || inOrder(a.path, b.path),
  );
  return {
    splits: hasSplits ? [...tops].sort(inOrder) : [],
    classes,
    pictures,
    labels: Uint16Array.from(pictures, classOf),
    prefix,
  };
}

const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The folders that hold all there is, as archives often have one: `name/` or "". Never a split, nor a lone class. */
function findWrapper(all: readonly ListedFile[]): string {
  let wrapper = "";
  for (;;) {
    const [first] = all[0].path.slice(wrapper.length).split("/", 1);
    const longer = `${wrapper}${first}/`;
    const isShared = all.every(
      ({ path }) =>
        path.startsWith(longer) && path.indexOf("/", longer.length) >= 0,
    );
    if (!isShared || isSplitName(first)) return wrapper;
    wrapper = longer;
  }
}

function nameClasses(
  place: string,
  chosen: readonly ListedFile[],
  prefix: string,
): string[] {
  const names = new Set<string>();
  for (const { path } of chosen) {
    const end = path.indexOf("/", prefix.length);
    if (end < 0)
      throw new MotifError(
        "dataset",
        `${place}: ${path} lies in no class folder. Put each class's images into a folder of its name.`,
      );
    names.add(path.slice(prefix.length, end));
  }
  const classes = [...names].sort(inOrder);
  if (classes.length < 2)
    throw new MotifError(
      "dataset",
      `${place}: only one class, "${classes[0]}". A search needs images of other classes: add their folders.`,
    );
  if (classes.length > mostClasses)
    throw new MotifError(
      "dataset",
      `${place}: ${classes.length} class folders, Motif takes at most ${mostClasses}. Keep one folder a class.`,
    );
  return classes;
}

function checkFolders(
  place: string,
  folders: readonly string[],
  found: {
    readonly classes: readonly string[];
    readonly prefix: string;
    readonly prefixes: readonly string[];
    readonly all: readonly ListedFile[];
  },
): void {
  const known = new Set(found.classes);
  const topOf = (path: string) => {
    const prefix = found.prefixes.find((one) => path.startsWith(one));
    return prefix === undefined
      ? ""
      : path.slice(prefix.length).split("/", 1)[0];
  };
  const elsewhere = found.all
    .filter(({ path }) => !path.startsWith(found.prefix))
    .map(({ path }) => topOf(path));
  const here = folders
    .filter((folder) => folder.startsWith(found.prefix))
    .map(topOf);
  for (const name of [...here, ...elsewhere])
    if (name !== "" && !known.has(name))
      throw new MotifError(
        "dataset",
        `${place}: the class folder ${found.prefix}${name} holds no images. Put images there, or remove the folder everywhere.`,
      );
}

/** @throws MotifError "dataset" when a file of that size is no picture */
export function checkPictureSize(place: string, size: number): void {
  if (size === 0)
    throw new MotifError(
      "dataset",
      `${place}: the file is empty (0 bytes). Remove it or fetch it again.`,
    );
  if (size > largestPictureBytes)
    throw new MotifError(
      "dataset",
      `${place}: ${size} bytes are too many for a picture (at most ${largestPictureBytes}). Remove it or make it smaller.`,
    );
}
