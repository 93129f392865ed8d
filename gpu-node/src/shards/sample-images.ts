/** Which images stand for a class where people look at a data set, and what they look like, small. */
import {
  bringToShape,
  randomFrom,
  readPictures,
  splitParts,
  type Dataset,
  type SmallPicture,
} from "../data/index.ts";
import { partOptions } from "./search-inputs.ts";

const mostPerClass = 8;
/** Their pixels are held at once, 12 kB each. */
const mostSamples = 16_384;
/** Pixels of an image's longer side. */
const mostSide = 64;

/**
 * At most 8 images a class, fewer where there are thousands of classes: of those that patterns are evaluated on, whatever the
 * class has where it has none there.
 * @returns by class; the same for the same labels. Null where there are more classes than can be shown.
 */
export function chooseSamples({
  labels,
  classes,
}: Pick<Dataset, "labels" | "classes">): readonly Int32Array[] | null {
  const perClass = Math.min(
    mostPerClass,
    Math.floor(mostSamples / classes.length),
  );
  if (perClass === 0) return null;
  const { evaluate } = splitParts(labels, classes.length, partOptions);
  const evaluated = groupByClass(evaluate, labels, classes.length);
  const all = groupByClass(labels.keys(), labels, classes.length);
  return classes.map((_, index) => {
    const chosen = evaluated[index].length > 0 ? evaluated : all;
    const order = Int32Array.from(chosen[index]);
    randomFrom("samples", index).shuffle(order);
    return order.subarray(0, perClass);
  });
}

function groupByClass(
  images: Iterable<number>,
  labels: Uint16Array,
  classes: number,
): readonly (readonly number[])[] {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  for (const image of images) byClass[labels[image]].push(image);
  return byClass;
}

/**
 * @param dataset opened with its images' own shape; null where each has one of its own
 * @returns in the order asked
 * @throws MotifError "dataset"; the signal's reason when aborted
 */
export async function readSamples(
  path: string,
  dataset: Dataset | null,
  indices: readonly number[],
  options: { readonly split?: string; readonly signal: AbortSignal },
): Promise<readonly SmallPicture[]> {
  if (dataset === null) return readPictures(path, indices, mostSide, options);
  const { imageShape } = dataset;
  const [channels, ownHeight, ownWidth] = imageShape;
  const scale = Math.min(1, mostSide / Math.max(ownHeight, ownWidth));
  const height = Math.max(1, Math.round(ownHeight * scale));
  const width = Math.max(1, Math.round(ownWidth * scale));
  const size = channels * ownHeight * ownWidth;
  const read: SmallPicture[] = [];
  const whole = new Uint8Array(size);
  for (const index of indices) {
    options.signal.throwIfAborted();
    await dataset.read([index], whole);
    const shape = [3, height, width] as const;
    const place = `image ${index}`;
    const pixels = await bringToShape(whole, imageShape, shape, place);
    read.push({ height, width, pixels });
  }
  return read;
}
