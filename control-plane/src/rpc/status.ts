/** Errors as gRPC has them: a code, a text for people, and google.rpc details for programs in `grpc-status-details-bin`. */
import { Metadata, status as codes, type StatusObject } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, Status } from "@motif/proto";
import {
  ControlPlaneError,
  type ControlPlaneErrorCode,
} from "../control-plane-error.ts";

const codeOf: { readonly [Code in ControlPlaneErrorCode]: codes } = {
  invalid: codes.INVALID_ARGUMENT,
  "not-found": codes.NOT_FOUND,
  conflict: codes.FAILED_PRECONDITION,
  unauthenticated: codes.UNAUTHENTICATED,
  forbidden: codes.PERMISSION_DENIED,
  "too-large": codes.RESOURCE_EXHAUSTED,
  corrupt: codes.DATA_LOSS,
  "storage-full": codes.RESOURCE_EXHAUSTED,
  unavailable: codes.UNAVAILABLE,
};

/** Texts go into a header twice; a node's HTTP/2 stack has a limit for these. */
const longestText = 1_000;

/** A field of a message that does not fit. */
export class FieldViolation extends ControlPlaneError {
  readonly field: string;
  readonly description: string;

  /** @param field path within the message, such as `results[0].lease_id` */
  constructor(field: string, description: string) {
    super("invalid", `${field}: ${description}`);
    this.field = field;
    this.description = description;
  }
}

/** An error with a gRPC code that none of the control plane's own stands for. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: codes;

  constructor(code: codes, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What a caller is told of an error. Of those that nobody foresaw it is told no more than that: whoever calls this logs them.
 */
export function toStatus(error: unknown): StatusObject {
  if (error instanceof GrpcError)
    return newStatus(error.code, error.message, codes[error.code], []);
  if (error instanceof ControlPlaneError)
    return newStatus(
      codeOf[error.code],
      error.message,
      error.code.toUpperCase().replace("-", "_"),
      error instanceof FieldViolation ? [violationDetail(error)] : [],
    );
  return newStatus(
    codes.INTERNAL,
    "The control plane failed at this; its log says why.",
    "INTERNAL",
    [],
  );
}

/** Whether the error is of a kind that was foreseen, so that a line of log without its stack is enough. */
export const isForeseen = (error: unknown): boolean =>
  error instanceof GrpcError || error instanceof ControlPlaneError;

function newStatus(
  code: codes,
  text: string,
  reason: string,
  details: Status["details"],
): StatusObject {
  // Half a surrogate pair, from a text cut short, cannot be sent.
  const message = text.slice(0, longestText).toWellFormed();
  const metadata = new Metadata();
  const status: Status = {
    code,
    message,
    details: [
      {
        typeUrl: "type.googleapis.com/google.rpc.ErrorInfo",
        value: Buffer.from(
          ErrorInfo.encode({ reason, domain: "motif", metadata: {} }).finish(),
        ),
      },
      ...details,
    ],
  };
  metadata.set(
    "grpc-status-details-bin",
    Buffer.from(Status.encode(status).finish()),
  );
  return { code, details: message, metadata };
}

function violationDetail({
  field,
  description,
}: FieldViolation): Status["details"][number] {
  const cut = description.slice(0, longestText).toWellFormed();
  return {
    typeUrl: "type.googleapis.com/google.rpc.BadRequest",
    value: Buffer.from(
      BadRequest.encode({
        fieldViolations: [{ field, description: cut }],
      }).finish(),
    ),
  };
}
