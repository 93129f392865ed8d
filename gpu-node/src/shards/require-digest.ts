import { MotifError } from "../motif-error.ts";

/**
 * @param registered null before a data set was inspected: then nothing is known of its content
 * @throws MotifError "dataset" when the content here is another one
 */
export function requireDigest(
  name: string,
  found: string,
  registered: string | null,
): void {
  if (registered === null || registered === found) return;
  throw new MotifError(
    "dataset",
    `data set "${name}": its content here has the digest ${found}, registered was ${registered}. ` +
      "Put the registered files back, or register it again.",
  );
}
