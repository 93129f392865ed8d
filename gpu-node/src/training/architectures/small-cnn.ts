/**
 * Three 3×3 convolutions, two of them halving the picture, and a linear map of all that is left: 54,000 weights and two
 * million multiply-adds for images of 28×28. No normalisation layers: small enough to do without.
 */
import type { Architecture } from "../architecture.ts";
import { addConvolution, addLinear } from "../layers.ts";

/** Channels and stride of each convolution. The first halves at once: full-size maps are what costs time. */
const convolutions = [
  { channels: 16, stride: 2 },
  { channels: 32, stride: 1 },
  { channels: 64, stride: 2 },
] as const;

export const smallCnn: Architecture = {
  name: "small-cnn",
  description: "three 3×3 convolutions, for small images such as 28×28",
  smallestImage: 8,
  addLogits(place, images, numClasses) {
    const { g } = place;
    let x = images;
    convolutions.forEach(({ channels, stride }, index) => {
      const name = `conv${index + 1}`;
      x = addConvolution(place, name, x, { channels, size: 3, stride });
      x = g.add("Relu", [x], {}, `relu${index + 1}`);
    });
    const [batch, ...features] = x.shape;
    const flat = g.add(
      "Reshape",
      [x],
      { shape: [batch, features.reduce((product, size) => product * size)] },
      "flatten",
    );
    return addLinear(place, "head", flat, numClasses);
  },
};
