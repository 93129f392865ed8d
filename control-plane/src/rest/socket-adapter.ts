/**
 * socket.io on the port of REST, behind the same checks: names at the first request, before anything is kept of the connection;
 * the token when the client says who it is, in the header or, as browsers must, in the handshake's `auth.token`.
 */
import type { IncomingMessage } from "node:http";
import type { INestApplicationContext } from "@nestjs/common";
import { IoAdapter } from "@nestjs/platform-socket.io";
import type { Server, ServerOptions } from "socket.io";
import type { Authenticator } from "../auth/authenticate.ts";
import { credentialsOf } from "./authentication.ts";
import { newProblem, toProblem, type Problem } from "./problem.ts";

export class SocketAdapter extends IoAdapter {
  readonly #authenticator: Authenticator;
  readonly #now: () => number;

  constructor(
    app: INestApplicationContext,
    authenticator: Authenticator,
    now: () => number,
  ) {
    super(app);
    this.#authenticator = authenticator;
    this.#now = now;
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, {
      ...options,
      serveClient: false,
      // Clients only say what they subscribe to.
      maxHttpBufferSize: 16 * 1024,
      connectTimeout: 10_000,
      allowRequest: (
        request: IncomingMessage,
        decide: (error: string | null | undefined, mayPass: boolean) => void,
      ) => {
        const reason = this.#authenticator.findUntrustedName(
          credentialsOf(request as Parameters<typeof credentialsOf>[0]),
        );
        decide(reason, reason === undefined);
      },
    } as unknown as ServerOptions) as Server;
    server.use((socket, next) => {
      const { request, handshake } = socket;
      const token: unknown = handshake.auth.token;
      const credentials = {
        ...credentialsOf(request as Parameters<typeof credentialsOf>[0]),
        ...(typeof token === "string" && { authorization: `Bearer ${token}` }),
      };
      this.#authenticator
        .authenticate(credentials, this.#now())
        .then((answer) => {
          switch (answer.kind) {
            case "known":
              // Every scope can read.
              return next();
            case "unknown":
              return next(refusal(newProblem(401, "unauthenticated", answer.reason)));
            case "untrusted":
              return next(refusal(newProblem(403, "forbidden", answer.reason)));
            case "limited":
              return next(
                refusal(
                  newProblem(429, "rate-limited", "Too many wrong tokens came from here."),
                ),
              );
          }
        })
        .catch((error: unknown) => next(refusal(toProblem(error).problem)));
    });
    return server;
  }
}

/** What the client's `connect_error` gets: the detail as message, the problem document as `data`. */
const refusal = (problem: Problem): Error =>
  Object.assign(new Error(problem.detail), { data: problem });
