/** Tells a database that cannot be reached, which passes, from a statement that is wrong, which is a bug. */
import { ControlPlaneError } from "../control-plane-error.ts";

const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** PostgreSQL, appendix A: connection exceptions; too many connections; shut down, crashed, starting. */
const serverCodes = /^(08...|53300|57P0[1-3])$/;

/** What node-postgres says without a code. */
const driverMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

/**
 * A connection's failure as `unavailable`, with the failure as its cause; everything else as it is.
 * Whether a statement took effect before its connection broke is not known.
 */
export function normalizeDatabaseError(error: unknown): unknown {
  const reason = describeConnectionProblem(error);
  return reason === null
    ? error
    : new ControlPlaneError(
        "unavailable",
        `The database cannot be reached now (${reason}). Motif keeps trying; try again in a moment.`,
        { cause: error },
      );
}

/** @returns what is wrong with the connection, or null where it is something else */
export function describeConnectionProblem(error: unknown): string | null {
  if (!isConnectionProblem(error)) return null;
  // Node gives one error for a name with several addresses, without a message of its own.
  const first: unknown =
    error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && first.message ? first.message : error.name;
}

function isConnectionProblem(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError)
    return error.errors.some(isConnectionProblem);
  const code =
    "code" in error && typeof error.code === "string" ? error.code : "";
  return (
    systemCodes.has(code) ||
    serverCodes.test(code) ||
    driverMessages.test(error.message)
  );
}
