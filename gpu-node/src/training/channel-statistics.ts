/** What images are normalised by: the mean and standard deviation of each channel over a data set, on [0,1] pixels. */
import type { Dataset } from "../data/index.ts";

export interface ChannelStatistics {
  /** One a channel, to four places: they are written into the manifest, and that is what the model is trained with. */
  readonly mean: readonly number[];
  /** As `mean`; 1 for a channel that never changes. */
  readonly std: readonly number[];
}

/** Images read at a time. */
const imagesAtATime = 256;

/** Reads every image once. @throws the signal's reason when it is aborted */
export async function measureChannels(
  dataset: Dataset,
  signal?: AbortSignal,
): Promise<ChannelStatistics> {
  const [channels, height, width] = dataset.imageShape;
  const plane = height * width;
  // Sums of whole numbers below 2^53: exact, so the order of reading does not matter.
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const all = Int32Array.from(dataset.labels, (_, index) => index);
  const pixels = new Uint8Array(imagesAtATime * channels * plane);
  for (let start = 0; start < all.length; start += imagesAtATime) {
    signal?.throwIfAborted();
    const chosen = all.subarray(start, start + imagesAtATime);
    await dataset.read(chosen, pixels);
    for (let i = 0; i < chosen.length * channels * plane; i++) {
      const channel = Math.floor(i / plane) % channels;
      sums[channel] += pixels[i];
      squares[channel] += pixels[i] * pixels[i];
    }
  }
  const count = all.length * plane;
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  const means = Array.from(sums, (sum) => sum / count);
  return {
    mean: means.map((mean) => round(mean / 255)),
    std: means.map((mean, channel) => {
      const variance = squares[channel] / count - mean * mean;
      return round(Math.sqrt(Math.max(variance, 0)) / 255) || 1;
    }),
  };
}
