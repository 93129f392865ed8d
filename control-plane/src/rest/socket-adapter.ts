/**
 * socket.io on the port of REST, behind the same checks: names at the first request, before anything is kept of the connection;
 * the token when the client says who it is, in the header or, as browsers must, in the handshake's `auth.token`.
 */
import type { IncomingMessage } from "node:http";
import type { INestApplicationContext } from "@nestjs/common";
import { IoAdapter } from "@nestjs/platform-socket.io";
import type { Authenticator } from "../auth/authenticate.ts";
import { credentialsOf } from "./authentication.ts";
import { newProblem, toProblem, type Problem } from "./problem.ts";

/** As much of a socket.io connection as is used here. */
interface Handshaking {
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth: Readonly<Record<string, unknown>> };
}

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

  override createIOServer(
    port: number,
    options?: Parameters<IoAdapter["createIOServer"]>[1],
  ): ReturnType<IoAdapter["createIOServer"]> {
    const own = {
      serveClient: false,
      // Clients only say what they follow.
      maxHttpBufferSize: 16 * 1024,
      connectTimeout: 10_000,
      allowRequest: (
        request: IncomingMessage,
        decide: (refusal: string | undefined, mayPass: boolean) => void,
      ) => {
        const refusal = this.#authenticator.findUntrustedName(
          credentialsOf(request),
        );
        decide(refusal, refusal === undefined);
      },
    };
    const server = super.createIOServer(port, {
      ...options,
      ...own,
    } as never);
    server.use((socket, next) => {
      this.#findRefusal(socket).then(
        (refusal) => next(refusal && refusalOf(refusal)),
        (error: unknown) => next(refusalOf(toProblem(error).problem)),
      );
    });
    return server;
  }

  /** Every scope can read, and following is all that a socket does. */
  async #findRefusal({
    request,
    handshake,
  }: Handshaking): Promise<Problem | undefined> {
    const { token } = handshake.auth;
    const answer = await this.#authenticator.authenticate(
      {
        ...credentialsOf(request),
        ...(typeof token === "string" && { authorization: `Bearer ${token}` }),
      },
      this.#now(),
    );
    switch (answer.kind) {
      case "known":
        return undefined;
      case "unknown":
        return newProblem(401, "unauthenticated", answer.reason);
      case "untrusted":
        return newProblem(403, "forbidden", answer.reason);
      case "limited":
        return newProblem(
          429,
          "rate-limited",
          "Too many wrong tokens came from here. Try again in a minute.",
        );
    }
  }
}

/** What the client's `connect_error` gets: the detail as its message, the problem document as `data`. */
const refusalOf = (problem: Problem): Error =>
  Object.assign(new Error(problem.detail), { data: problem });
