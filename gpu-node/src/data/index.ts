/** The face of the data readers. */
export type { Dataset, OpenOptions } from "./dataset.ts";
export { describeDataset, type DatasetOutline } from "./describe-dataset.ts";
export { findImageShape } from "./image-shape.ts";
export { readManifest, type Manifest } from "./manifest.ts";
export { openDataset } from "./open-dataset.ts";
export { splitParts, type Parts } from "./parts.ts";
export { bringToShape, type SmallPicture } from "./picture.ts";
export { readPictures } from "./read-pictures.ts";
export { nextNormal, randomFrom, type Random } from "./random.ts";
export { thin } from "./thin.ts";
