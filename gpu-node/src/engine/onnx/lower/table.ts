/** The one table of ONNX operators that can be imported. */
import { arithmetic } from "./arithmetic.ts";
import type { Lowering, Lowerings } from "./call.ts";
import { constants } from "./constants.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { layout } from "./layout.ts";
import { normalization } from "./normalization.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import { resizing } from "./resize.ts";
import { windows } from "./windows.ts";

const families: readonly Lowerings[] = [
  arithmetic,
  constants,
  elementwise,
  indexing,
  layout,
  normalization,
  products,
  reductions,
  resizing,
  windows,
];

/** By ONNX operator of the standard domain. */
export const lowerings: ReadonlyMap<string, Lowering> = new Map(
  families.flatMap((family) => Object.entries(family)),
);
