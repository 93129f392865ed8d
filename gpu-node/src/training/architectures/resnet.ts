/**
 * Residual networks for small images: He et al., "Deep residual learning", arXiv 1512.03385; depths 8 and 20 are those of its
 * section 4.2 (6n + 2 layers of 16, 32 and 64 channels), 18 is the wider one of its table 1 behind a stem that keeps the size.
 */
import type { Value } from "../../engine/index.ts";
import type { Architecture, LayerPlace } from "../architecture.ts";
import { addNormalisedConvolution, addPooledLinear } from "../layers.ts";

interface ResnetPlan {
  readonly depth: number;
  /** Channels of each stage; all but the first halve the picture. */
  readonly stages: readonly number[];
  readonly blocksPerStage: number;
}

export const resnet8 = newResnet({
  depth: 8,
  stages: [16, 32, 64],
  blocksPerStage: 1,
});
export const resnet20 = newResnet({
  depth: 20,
  stages: [16, 32, 64],
  blocksPerStage: 3,
});
export const resnet18 = newResnet({
  depth: 18,
  stages: [64, 128, 256, 512],
  blocksPerStage: 2,
});

function newResnet({
  depth,
  stages,
  blocksPerStage,
}: ResnetPlan): Architecture {
  return {
    name: `resnet-${depth}`,
    description: `residual network of ${depth} layers and ${stages.at(-1)} channels, for images such as 32×32`,
    smallestImage: 8,
    addLogits(place, images, numClasses) {
      const { g } = place;
      const stem = addNormalisedConvolution(place, "stem", images, {
        channels: stages[0],
        size: 3,
      });
      let x = g.add("Relu", [stem], {}, "stem.relu");
      stages.forEach((channels, stage) => {
        for (let block = 0; block < blocksPerStage; block++)
          x = addBlock(place, `stage${stage + 1}.block${block + 1}`, x, {
            channels,
            stride: stage > 0 && block === 0 ? 2 : 1,
          });
      });
      return addPooledLinear(place, "head", x, numClasses);
    },
  };
}

/** Two convolutions and what went in; brought to shape by a projection (option B) where shapes differ. */
function addBlock(
  place: LayerPlace,
  name: string,
  x: Value,
  { channels, stride }: { readonly channels: number; readonly stride: number },
): Value {
  const { g } = place;
  const first = addNormalisedConvolution(place, `${name}.conv1`, x, {
    ...{ channels, size: 3, stride },
  });
  const between = g.add("Relu", [first], {}, `${name}.relu1`);
  const second = addNormalisedConvolution(place, `${name}.conv2`, between, {
    ...{ channels, size: 3 },
  });
  const isSame = stride === 1 && x.shape[1] === channels;
  const shortcut = isSame
    ? x
    : addNormalisedConvolution(place, `${name}.shortcut`, x, {
        ...{ channels, size: 1, stride },
      });
  const sum = g.add("Add", [second, shortcut], {}, `${name}.sum`);
  return g.add("Relu", [sum], {}, `${name}.relu2`);
}
