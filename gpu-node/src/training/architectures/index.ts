/** The architectures that can be asked for by name. */
import type { Architecture } from "../architecture.ts";
import { smallCnn } from "./small-cnn.ts";

const architectures: readonly Architecture[] = [smallCnn];

export const architectureNames = architectures.map(({ name }) => name);

export function findArchitecture(name: string): Architecture | undefined {
  return architectures.find((architecture) => architecture.name === name);
}
