/** Errors as RFC 9457 problem documents: the one place where an error becomes an HTTP answer. */
import { STATUS_CODES } from "node:http";
import { HttpException } from "@nestjs/common";
import {
  ControlPlaneError,
  type ControlPlaneErrorCode,
} from "../control-plane-error.ts";

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
export function toProblem(error: unknown): {
  readonly problem: Problem;
  readonly isFault: boolean;
} {
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
  if (isUnreachable(error))
    return {
      problem: newProblem(
        503,
        "unavailable",
        "The database cannot be reached now. Try again in some seconds.",
      ),
      isFault: true,
    };
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

/** Codes of Node's sockets. */
const socketCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Whether PostgreSQL is away: connections that fail or break (class 08), full (53300), being stopped or started (57P0x). */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "string")
    return (
      socketCodes.has(code) ||
      /^08...$/.test(code) ||
      /^57P0[1-3]$/.test(code) ||
      code === "53300"
    );
  // pg gives connections that end without a code.
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  );
}
