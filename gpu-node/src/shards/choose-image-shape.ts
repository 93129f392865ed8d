import { existsSync } from "node:fs";
import { findImageShape } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";

/**
 * @param asked where the data set's own shape is not wanted
 * @returns what images are brought to, [C, H, W]
 * @throws MotifError "usage" where nobody says and the images may differ; "dataset"
 */
export async function chooseImageShape(
  path: string,
  split: string,
  asked: readonly [number, number, number] | undefined,
): Promise<readonly [number, number, number]> {
  const shape = asked ?? (await findImageShape(path, split));
  if (shape) return shape;
  if (!existsSync(path))
    throw new MotifError(
      "dataset",
      `${path}: there is no such file or folder. Check --dataset.`,
    );
  throw new MotifError(
    "usage",
    `${path}: its images may be of any size. Say what they are brought to with --image-shape, such as 3x32x32.`,
  );
}
