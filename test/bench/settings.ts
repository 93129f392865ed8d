/**
 * `npm run bench -- settings FOLDER…`: the paper's claims about patterns as numbers, over all classes and canvases of each result folder
 * (arXiv 2101.06898, section 5): how smooth masks are, how much of a pattern hangs together, how few pixels each class needs. The first
 * folder is what the others are held against.
 */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { decodeNpy, type Result } from "../../gpu-node/src/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const folders = positionals.slice(1).map((folder) => resolve(folder));
if (folders.length === 0) {
  process.stderr.write(
    "bench: usage: npm run bench -- settings FOLDER… [--json], folders of results as `motif search --out` and `motif export` write them\n",
  );
  process.exit(2);
}

/** Of a pattern: class and canvas, so that the same of two models can be held against each other. */
interface Measured {
  readonly key: string;
  readonly targetClass: number;
  /** Σ|difference of neighbours| / Σ mask: 0 for one even area, 4 for single pixels far apart. */
  readonly variation: number;
  /** Share of the strongest pixels in the largest area that hangs together by edges. */
  readonly connected: number;
  readonly kStar: number;
}

/** Share of the image's pixels that count as the pattern. */
const strongestShare = 0.05;

async function measure(folder: string): Promise<readonly Measured[]> {
  const text = await readFile(join(folder, "result.json"), "utf8");
  const result = JSON.parse(text) as Result;
  const measured: Measured[] = [];
  for (const pattern of result.patterns) {
    const path = join(folder, pattern.mask);
    const { data, shape } = decodeNpy(await readFile(path), path);
    const [height, width] = shape;
    const count = Math.round(strongestShare * height * width);
    measured.push({
      key: `${pattern.targetClass}.${pattern.canvasIndex}`,
      targetClass: pattern.targetClass,
      variation: variationOf(data, height, width),
      connected: connectedOf(pattern.topPixels.slice(0, count), width),
      kStar: pattern.kStar ?? Infinity,
    });
  }
  return measured;
}

function variationOf(
  mask: Float32Array,
  height: number,
  width: number,
): number {
  let [variation, mass] = [0, 0];
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= height || column >= width
      ? 0
      : mask[row * width + column];
  for (let row = 0; row <= height; row++)
    for (let column = 0; column <= width; column++) {
      mass += at(row, column);
      variation += Math.abs(at(row, column) - at(row - 1, column));
      variation += Math.abs(at(row, column) - at(row, column - 1));
    }
  return mass === 0 ? 0 : variation / mass;
}

function connectedOf(pixels: readonly number[], width: number): number {
  const left = new Set(pixels);
  let largest = 0;
  for (const start of pixels) {
    if (!left.delete(start)) continue;
    const reached = [start];
    for (const pixel of reached) {
      const column = pixel % width;
      const neighbours = [
        pixel - width,
        pixel + width,
        ...(column > 0 ? [pixel - 1] : []),
        ...(column < width - 1 ? [pixel + 1] : []),
      ];
      for (const neighbour of neighbours)
        if (left.delete(neighbour)) reached.push(neighbour);
    }
    largest = Math.max(largest, reached.length);
  }
  return pixels.length === 0 ? 0 : largest / pixels.length;
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** The mean with twice its standard error. */
function spread(numbers: readonly number[]): string {
  const middle = mean(numbers);
  const squares = numbers.map((value) => (value - middle) ** 2);
  const error = Math.sqrt(mean(squares) / Math.max(1, numbers.length - 1));
  return `${middle.toFixed(2)} ± ${(2 * error).toFixed(2)}`;
}

const results = await Promise.all(
  folders.map(async (folder) => ({ folder, patterns: await measure(folder) })),
);
const [baseline] = results;
const rows = results.map(({ folder, patterns }) => {
  const pairs = patterns.flatMap((pattern) => {
    const other = baseline.patterns.find(({ key }) => key === pattern.key);
    return other ? [{ pattern, other }] : [];
  });
  const byClass = Map.groupBy(patterns, ({ targetClass }) => targetClass);
  const kStars = [...byClass].map(([targetClass, ofClass]) => ({
    targetClass,
    kStar: Math.min(...ofClass.map(({ kStar }) => kStar)),
  }));
  kStars.sort((a, b) => a.kStar - b.kStar);
  return {
    folder: basename(folder),
    patterns: patterns.length,
    variation: spread(patterns.map(({ variation }) => variation)),
    smoother: mean(
      pairs.map(({ pattern, other }) =>
        Number(pattern.variation < other.variation),
      ),
    ),
    connected: spread(patterns.map(({ connected }) => connected)),
    largerArea: mean(
      pairs.map(({ pattern, other }) =>
        Number(pattern.connected > other.connected),
      ),
    ),
    smallestKStar: kStars[0],
    nextKStar: kStars[1]?.kStar ?? null,
  };
});
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else
  console.table(
    Object.fromEntries(
      rows.map(({ folder, smallestKStar, ...row }) => [
        folder,
        {
          ...row,
          smallestKStar: `class ${smallestKStar.targetClass}: ${smallestKStar.kStar}`,
        },
      ]),
    ),
  );
