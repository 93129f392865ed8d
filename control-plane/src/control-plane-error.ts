/** The control plane's one error class. The edges turn it into problem documents (REST) and statuses (gRPC). */

export type ControlPlaneErrorCode =
  /** What was sent does not fit: 422, INVALID_ARGUMENT. */
  | "invalid"
  /** 404, NOT_FOUND. */
  | "not-found"
  /** It does not fit the state of things: 409, FAILED_PRECONDITION. */
  | "conflict"
  /** No credentials, or wrong ones: 401, UNAUTHENTICATED. */
  | "unauthenticated"
  /** Credentials that do not reach this far: 403, PERMISSION_DENIED. */
  | "forbidden"
  /** Larger than is taken: 413, RESOURCE_EXHAUSTED. */
  | "too-large"
  /** Bytes that do not have their digest: 422, DATA_LOSS. */
  | "corrupt"
  /** No room on disk: 507, RESOURCE_EXHAUSTED. */
  | "storage-full"
  /** The database or the store cannot be reached now: 503, UNAVAILABLE. */
  | "unavailable";

/** @example throw new ControlPlaneError("not-found", `There is no model "${name}". motif models list shows what there is.`) */
export class ControlPlaneError extends Error {
  override readonly name = "ControlPlaneError";
  readonly code: ControlPlaneErrorCode;

  /** @param message names the thing, its place and the mend. */
  constructor(
    code: ControlPlaneErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
  }
}
