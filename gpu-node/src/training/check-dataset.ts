/** For tests: a small data set in memory that a classifier learns within seconds. */
import { randomFrom, type Dataset } from "../data/index.ts";

/** Where the bright column of each class is, as a share of the width. */
const columns = [0.1, 0.5, 0.9];

/** Grey 8×8 images of three classes: a bright column at the left, in the middle, at the right, and noise. */
export function columnDataset(count: number, seed: number): Dataset {
  const size = 8;
  const random = randomFrom("column data set", seed);
  const labels = Uint16Array.from({ length: count }, (_, i) => i % 3);
  const pixels = new Uint8Array(count * size * size).map((_, at) => {
    const label = labels[Math.floor(at / (size * size))];
    const isColumn = at % size === Math.floor(columns[label] * size);
    return (isColumn ? 150 : 0) + random.nextBelow(100);
  });
  const imageBytes = size * size;
  return {
    name: "columns",
    classes: ["left", "middle", "right"],
    imageShape: [1, size, size],
    labels,
    digest: `columns of seed ${seed}`,
    async read(indices, into) {
      Array.from(indices).forEach((index, i) =>
        into.set(
          pixels.subarray(index * imageBytes, (index + 1) * imageBytes),
          i * imageBytes,
        ),
      );
    },
    close: async () => {},
  };
}
