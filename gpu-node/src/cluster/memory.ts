/** How much memory there is for a node's process, and how much of it is taken, by whatever runs here. */
import { totalmem } from "node:os";

/** A container's limit where there is one, else the machine's. Bytes. */
export function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Bytes. */
export const memoryUsedBytes = (): number =>
  Math.max(0, memoryBytes() - process.availableMemory());
