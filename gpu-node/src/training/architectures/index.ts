/** The architectures that can be asked for by name. */
import type { Architecture } from "../architecture.ts";
import { mobilenetSmall } from "./mobilenet.ts";
import { resnet18, resnet20, resnet8 } from "./resnet.ts";
import { smallCnn } from "./small-cnn.ts";

const architectures: readonly Architecture[] = [
  smallCnn,
  resnet8,
  resnet18,
  resnet20,
  mobilenetSmall,
];

export const architectureNames = architectures.map(({ name }) => name);

export function findArchitecture(name: string): Architecture | undefined {
  return architectures.find((architecture) => architecture.name === name);
}
