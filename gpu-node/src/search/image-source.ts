/** The images of the search part as floats, from memory where they fit into a bounded cache, else from the data set. */
import type { Dataset } from "../data/index.ts";

export interface ImageSource {
  /** Writes the images `indices` into `into` from `offset` on: float32 [n, C, H, W] in [0,1]. */
  read(indices: Int32Array, into: Float32Array, offset: number): Promise<void>;
}

/** Search parts up to this size are read once and kept. */
const cacheBytes = 128 * 2 ** 20;

/** @param indices the images that will be asked for */
export async function openImageSource(
  dataset: Dataset,
  indices: Int32Array,
): Promise<ImageSource> {
  const [channels, height, width] = dataset.imageShape;
  const imageBytes = channels * height * width;
  const toUnit = Float32Array.from({ length: 256 }, (_, value) => value / 255);
  const convert = (
    from: Uint8Array,
    start: number,
    into: Float32Array,
    offset: number,
    length: number,
  ) => {
    for (let i = 0; i < length; i++)
      into[offset + i] = toUnit[from[start + i]]!;
  };
  if (indices.length * imageBytes > cacheBytes) {
    return {
      async read(wanted, into, offset) {
        const length = wanted.length * imageBytes;
        const buffer = new Uint8Array(length); // Of this call alone: several may be under way.
        await dataset.read(wanted, buffer);
        convert(buffer, 0, into, offset, length);
      },
    };
  }
  const kept = new Uint8Array(indices.length * imageBytes);
  await dataset.read(indices, kept);
  const places = new Map(Array.from(indices, (index, place) => [index, place]));
  return {
    async read(wanted, into, offset) {
      wanted.forEach((index, i) => {
        convert(
          kept,
          places.get(index)! * imageBytes,
          into,
          offset + i * imageBytes,
          imageBytes,
        );
      });
    },
  };
}
