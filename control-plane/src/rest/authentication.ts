/** In front of everything that is served, routes or not: settles who is asking, or refuses. */
import type { IncomingMessage } from "node:http";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { Authenticator, Credentials } from "../auth/authenticate.ts";
import { asksForPage } from "../pages/page-paths.ts";
import { setCaller } from "./callers.ts";
import { sendProblem } from "./problem-filter.ts";
import { newProblem } from "./problem.ts";
import { sessionOf, setSession } from "./session-cookie.ts";

/** Answers whoever comes under a trusted name: orchestrators that ask whether the process lives have no token. */
const livePath = "/api/health/live";
export const isLivePath = (path: string): boolean => path === livePath;

/** @param now milliseconds */
export function newAuthentication(
  authenticator: Authenticator,
  now: () => number,
): RequestHandler {
  const settle = async (
    request: Request,
    response: Response,
  ): Promise<boolean> => {
    const credentials = credentialsOf(request);
    const { method, path } = request;
    if (isLivePath(path) || asksForPage(method, path)) {
      const reason = authenticator.findUntrustedName(credentials);
      if (reason !== undefined) refuse(response, 403, "forbidden", reason);
      return reason === undefined;
    }
    const answer = await authenticator.authenticate(credentials, now());
    switch (answer.kind) {
      case "known":
        setCaller(request, answer.caller);
        return true;
      case "unknown":
        response.set("WWW-Authenticate", "Bearer");
        // A session that is over is not tried again and again, which would count as guessing.
        if (sessionOf(request) !== undefined)
          response.append("Set-Cookie", setSession(undefined, request));
        refuse(response, 401, "unauthenticated", answer.reason);
        return false;
      case "untrusted":
        refuse(response, 403, "forbidden", answer.reason);
        return false;
      case "limited": {
        const seconds = Math.ceil(answer.waitMs / 1000);
        response.set("Retry-After", String(seconds));
        refuse(
          response,
          429,
          "rate-limited",
          `Too many wrong tokens came from ${credentials.address}. Try again in ${seconds} s.`,
        );
        return false;
      }
    }
  };
  return (request: Request, response: Response, next: NextFunction) => {
    settle(request, response).then((mayPass) => {
      if (mayPass) next();
    }, next);
  };
}

function refuse(
  response: Response,
  status: number,
  code: string,
  detail: string,
): void {
  // What a refused request still sends is not read to its end.
  response.set("Connection", "close");
  sendProblem(response, newProblem(status, code, detail));
}

/** What a request says of itself: its token in the header or, from browsers, in their session's cookie. */
export function credentialsOf(request: IncomingMessage): Credentials {
  const { headers, socket } = request;
  const session = sessionOf(request);
  return {
    host: headers.host,
    origin: headers.origin,
    authorization:
      headers.authorization ??
      (session === undefined ? undefined : `Bearer ${session}`),
    address: socket.remoteAddress ?? "unknown",
  };
}
