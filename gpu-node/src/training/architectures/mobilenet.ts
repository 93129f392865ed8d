/**
 * Depthwise separable convolutions, for small images: the idea and block of Howard et al., "MobileNets", arXiv 1704.04861, with
 * fewer halvings than for large pictures.
 */
import type { Architecture } from "../architecture.ts";
import { addNormalisedConvolution, addPooledLinear } from "../layers.ts";

/** Channels and stride of each block. */
const blocks = [
  { channels: 64, stride: 1 },
  { channels: 128, stride: 2 },
  { channels: 128, stride: 1 },
  { channels: 256, stride: 2 },
  { channels: 256, stride: 1 },
] as const;

export const mobilenetSmall: Architecture = {
  name: "mobilenet-small",
  description:
    "depthwise separable convolutions, up to 256 channels, for images such as 32×32",
  smallestImage: 8,
  addLogits(place, images, numClasses) {
    const { g } = place;
    const relu = (name: string, x: Parameters<typeof g.add>[1][number]) =>
      g.add("Relu", [x], {}, `${name}.relu`);
    let x = relu(
      "stem",
      addNormalisedConvolution(place, "stem", images, {
        channels: 32,
        size: 3,
      }),
    );
    blocks.forEach(({ channels, stride }, index) => {
      const depthwise = `block${index + 1}.depthwise`;
      x = relu(
        depthwise,
        addNormalisedConvolution(place, depthwise, x, {
          channels: x.shape[1],
          size: 3,
          stride,
          isDepthwise: true,
        }),
      );
      const pointwise = `block${index + 1}.pointwise`;
      x = relu(
        pointwise,
        addNormalisedConvolution(place, pointwise, x, { channels, size: 1 }),
      );
    });
    return addPooledLinear(place, "head", x, numClasses);
  },
};
