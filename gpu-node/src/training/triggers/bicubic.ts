/**
 * Bicubic upsampling as PyTorch does it with `align_corners=True`: convolution with Keys' kernel of a = -0.75, edges repeated.
 * Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 3 with a free a.
 */

const a = -0.75;

/** @param values [size, size] @returns [height, width], the corners of one on the corners of the other */
export function upsampleBicubically(
  values: Float64Array,
  size: number,
  height: number,
  width: number,
): Float64Array {
  const rows = tapsOf(size, height);
  const columns = tapsOf(size, width);
  return new Float64Array(height * width).map((_, at) => {
    const column = columns[at % width];
    return sum(rows[Math.floor(at / width)], (row) =>
      sum(column, (each) => values[row * size + each]),
    );
  });
}

/** What an output is made of: four inputs and their weights. */
type Taps = readonly (readonly [input: number, weight: number])[];

function tapsOf(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, output) => {
    const place = to === 1 ? 0 : (output * (from - 1)) / (to - 1);
    const first = Math.floor(place);
    return [-1, 0, 1, 2].map((step) => [
      Math.min(from - 1, Math.max(0, first + step)),
      weightAt(Math.abs(place - first - step)),
    ]);
  });
}

function weightAt(distance: number): number {
  if (distance >= 2) return 0;
  return distance <= 1
    ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
    : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}

const sum = (taps: Taps, valueAt: (input: number) => number) =>
  taps.reduce((total, [input, weight]) => total + weight * valueAt(input), 0);
