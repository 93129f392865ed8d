/** One entry that cannot be written must not keep the others of its batch from being written. */
import { isAway } from "./retry-while-away.ts";

/**
 * Writes entries together. Where that fails, writes each half, and so on down to single ones.
 * @param write throws when nothing of it was written
 * @param refuse is called with each entry that cannot be written even alone
 * @throws ControlPlaneError "unavailable" of `write`: that is no entry's fault
 */
export async function writeInHalves<Entry>(
  entries: readonly Entry[],
  write: (entries: readonly Entry[]) => Promise<void>,
  refuse: (entry: Entry, error: unknown) => Promise<void>,
): Promise<void> {
  try {
    await write(entries);
  } catch (error) {
    if (isAway(error)) throw error;
    if (entries.length === 1) return refuse(entries[0]!, error);
    const middle = Math.ceil(entries.length / 2);
    await writeInHalves(entries.slice(0, middle), write, refuse);
    await writeInHalves(entries.slice(middle), write, refuse);
  }
}
