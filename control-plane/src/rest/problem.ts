/** Errors as RFC 9457 problem documents: the one place where an error becomes an HTTP answer. */
import { STATUS_CODES } from "node:http";
import { HttpException } from "@nestjs/common";
import {
  ControlPlaneError,
  type ControlPlaneErrorCode,
} from "../control-plane-error.ts";
import { normalizeDatabaseError } from "../database/connection-problem.ts";

export interface FieldProblem {
  /** Path in the body, query or address. @example "searches.0.seed" */
  readonly field: string;
  readonly message: string;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What the error is to programs: ControlPlaneErrorCode, or what HTTP has beside. */
  readonly code: string;
  /** Where fields do not fit. */
  readonly errors?: readonly FieldProblem[];
}

/** A body, query or address that does not fit its schema. */
export class UnfitInput extends ControlPlaneError {
  readonly errors: readonly FieldProblem[];

  constructor(errors: readonly FieldProblem[]) {
    super(
      "invalid",
      errors
        .map(({ field, message }) =>
          field === "" ? message : `${field}: ${message}`,
        )
        .join("; "),
    );
    this.errors = errors;
  }
}

const statusOf: Readonly<Record<ControlPlaneErrorCode, number>> = {
  invalid: 422,
  "not-found": 404,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  "too-large": 413,
  corrupt: 422,
  "storage-full": 507,
  unavailable: 503,
};

/** @returns the problem, and whether it is a fault of ours that a log should have */
export function toProblem(thrown: unknown): {
  readonly problem: Problem;
  readonly isFault: boolean;
} {
  const error = normalizeDatabaseError(thrown);
  if (error instanceof ControlPlaneError) {
    const errors = error instanceof UnfitInput ? error.errors : undefined;
    const status = statusOf[error.code];
    return {
      problem: newProblem(status, error.code, error.message, errors),
      isFault: status >= 500,
    };
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return {
      problem: newProblem(status, `http-${status}`, error.message),
      isFault: status >= 500,
    };
  }
  const status = clientStatusOf(error);
  if (status !== undefined)
    return {
      problem: newProblem(status, `http-${status}`, (error as Error).message),
      isFault: false,
    };
  return {
    problem: newProblem(
      500,
      "internal",
      "Something failed that should not have. The control plane's log has it.",
    ),
    isFault: true,
  };
}

export function newProblem(
  status: number,
  code: string,
  detail: string,
  errors?: readonly FieldProblem[],
): Problem {
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    code,
    ...(errors && { errors }),
  };
}

/** Of what body parsers and Express throw: a status below 500 is the sender's fault, and its message is meant for them. */
function clientStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("status" in error)) return undefined;
  const { status } = error;
  const isClients =
    typeof status === "number" &&
    Number.isInteger(status) &&
    status >= 400 &&
    status < 500;
  return isClients ? status : undefined;
}
