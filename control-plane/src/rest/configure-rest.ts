/** What a Nest application needs around its routes. Called once, after it was created and before it listens. */
import type { IncomingMessage } from "node:http";
import type { NestApplicationOptions } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { NextFunction, Request, Response } from "express";
import { Authenticator } from "../auth/authenticate.ts";
import { newAuthentication } from "./authentication.ts";
import { newJsonCompression } from "./compress-json.ts";
import { serveApiDescription } from "./open-api.ts";
import { SocketAdapter } from "./socket-adapter.ts";

/** For NestFactory.create: bodies are read behind the login, and only as JSON. */
export const restApplicationOptions = {
  bodyParser: false,
} satisfies NestApplicationOptions;

/** Larger bodies are artifacts, and streamed. */
const largestJsonBytes = 2 ** 20;
/** A connection on which nothing moves is closed after this. */
const idleTimeoutMs = 120_000;

export function configureRest(app: NestExpressApplication): void {
  const authenticator = app.get(Authenticator);
  const now = () => performance.now();
  prefixRoutes(app);
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.use(addSecurityHeaders);
  app.use(newAuthentication(authenticator, now));
  app.use(newJsonCompression());
  app.useBodyParser("json", { limit: largestJsonBytes, type: isJsonBody });
  app.useWebSocketAdapter(new SocketAdapter(app, authenticator, now));
  serveApiDescription(app);
  const server = app.getHttpServer();
  // A large upload takes as long as it takes, as long as it moves.
  server.requestTimeout = 0;
  server.timeout = idleTimeoutMs;
}

export function prefixRoutes(app: NestExpressApplication): void {
  app.setGlobalPrefix("api", { exclude: ["metrics"] });
}

/** Artifacts are bytes, whatever they say they are. */
const isJsonBody = ({ url, headers }: IncomingMessage): boolean =>
  !url?.startsWith("/api/artifacts") &&
  /^application\/(\S+\+)?json\b/i.test(headers["content-type"] ?? "");

function addSecurityHeaders(
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  response.set({
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
  next();
}
