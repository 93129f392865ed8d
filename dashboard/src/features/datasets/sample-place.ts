/** Where the sample images of a class lie on the sheets that a node drew: rows are classes, columns images. Pure. */
import type { Dataset } from "../../api/types.ts";

export type SampleSheets = NonNullable<Dataset["samples"]>;

/** Room for one sample in a list, CSS pixels. */
const target = 64;

export interface SampleRow {
  /** Address of the sheet. */
  readonly src: string;
  /** From the sheet's upper edge, in the sheet's pixels. */
  readonly top: number;
  /** Of the whole sheet. */
  readonly height: number;
  readonly width: number;
}

/** @returns undefined for a class that is on no sheet */
export function placeSamples(
  { height, width, perClass, classesPerSheet, sheets }: SampleSheets,
  classCount: number,
  classIndex: number,
): SampleRow | undefined {
  const sheet = Math.floor(classIndex / classesPerSheet);
  const sha256 = sheets[sheet];
  if (sha256 === undefined) return undefined;
  const first = sheet * classesPerSheet;
  return {
    src: `/api/artifacts/${sha256}`,
    top: (classIndex - first) * height,
    height: Math.min(classesPerSheet, classCount - first) * height,
    width: perClass * width,
  };
}

/** A whole factor, so that all pixels of a sample are of one size. */
export const sampleScale = ({
  height,
  width,
}: Pick<SampleSheets, "height" | "width">): number =>
  Math.max(1, Math.floor(target / Math.max(height, width)));
