/** Unary calls as functions that return a promise: with a deadline of ours where the caller set none, and a status for every error. */
import {
  status as codes,
  type handleUnaryCall,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import type { Log } from "./log.ts";
import { GrpcError, isForeseen, toStatus } from "./status.ts";

const longestMs = 30_000;

export const unary =
  <Request, Response>(
    log: Log,
    answer: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
  ): handleUnaryCall<Request, Response> =>
  (call, callback) => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(
          new GrpcError(
            codes.DEADLINE_EXCEEDED,
            `${call.getPath()} took longer than ${longestMs / 1_000} s.`,
          ),
        ),
      longestMs,
    );
    Promise.race([answer(call), late.promise])
      .finally(() => clearTimeout(timer))
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          logFailure(log, call, error);
          callback(toStatus(error));
        },
      );
  };

export function logFailure(
  log: Log,
  call: { getPath(): string; getPeer(): string },
  error: unknown,
): void {
  const fields = { path: call.getPath(), peer: call.getPeer(), err: error };
  if (isForeseen(error)) log.debug(fields, "a call was refused");
  else log.error(fields, "a call failed");
}
