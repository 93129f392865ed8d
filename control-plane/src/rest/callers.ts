/** Who a request comes from, from the middleware that settles it to the routes that ask. */
import type { IncomingMessage } from "node:http";
import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";

const callers = new WeakMap<IncomingMessage, Caller>();

export const setCaller = (request: IncomingMessage, caller: Caller): void =>
  void callers.set(request, caller);

/** @throws ControlPlaneError "unauthenticated" for a request that nobody has looked at */
export function callerOf(request: IncomingMessage): Caller {
  const caller = callers.get(request);
  if (caller) return caller;
  throw new ControlPlaneError(
    "unauthenticated",
    "Nobody has established who is asking.",
  );
}

/** The caller, as a route's parameter. */
export const FromCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    callerOf(context.switchToHttp().getRequest<IncomingMessage>()),
);
