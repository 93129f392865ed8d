/** Five 3×3 convolutions, two of them halving the picture, and a linear map of the channels' means: 70,000 weights. */
import type { Architecture } from "../architecture.ts";
import { addConvolution, addLinear, type LayerPlace } from "../layers.ts";

/** Channels and stride of each convolution. */
const convolutions = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 32, stride: 1 },
  { channels: 64, stride: 2 },
  { channels: 64, stride: 1 },
] as const;

export const smallCnn: Architecture = {
  name: "small-cnn",
  description: "five 3×3 convolutions, for small images such as 28×28",
  smallestImage: 8,
  addLogits(g, images, numClasses, parameter) {
    const place: LayerPlace = { g, parameter };
    let x = images;
    convolutions.forEach(({ channels, stride }, index) => {
      const name = `conv${index + 1}`;
      x = addConvolution(place, name, x, { channels, size: 3, stride });
      x = g.add("Relu", [x], {}, `relu${index + 1}`);
    });
    const means = g.add(
      "ReduceMean",
      [x],
      { axes: [2, 3], keepDims: false },
      "pool",
    );
    return addLinear(place, "head", means, numClasses);
  },
};
