/** The package's one error class. Whatever a person can mend is thrown as a `MotifError`; anything else is a bug. */

export type ErrorCode =
  /** Wrong use of the command line: exit status 2. */
  | "usage"
  /** A model file, or its manifest, cannot be used. */
  | "model"
  /** A data set cannot be used. */
  | "dataset"
  /** A graph is malformed or asks for what Motif does not do. */
  | "graph"
  /** A backend cannot be loaded or failed while running. */
  | "backend"
  /** The search or training left the range of finite numbers. */
  | "diverged"
  /** A control plane refuses this node, or its credentials do not reach it. */
  | "cluster"
  /** Reading or writing files failed. */
  | "storage";

/** @example throw new MotifError("model", `${path}: it is empty. Export the model again.`) */
export class MotifError extends Error {
  override readonly name = "MotifError";
  readonly code: ErrorCode;

  /** @param message names the thing, its place and the mend. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
