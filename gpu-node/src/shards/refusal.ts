/** Faults of what a shard was given, which are an answer, apart from faults of this machine, which another may not have. */
import { MotifError, type ErrorCode } from "../motif-error.ts";

const inputCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "model",
  "dataset",
  "usage",
  "graph",
  "diverged",
]);

/** @returns the message when it is a fault of the input @throws the error itself when it is not */
export function refusalOf(error: unknown): string {
  if (error instanceof MotifError && inputCodes.has(error.code))
    return error.message;
  throw error;
}
