/** Sends every error of a route as a problem document, and logs what is our fault. */
import {
  Catch,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from "@nestjs/common";
import type { Request, Response } from "express";
import { newProblem, toProblem, type Problem } from "./problem.ts";

@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger("Rest");

  catch(error: unknown, host: ArgumentsHost): void {
    const { problem, isFault } = toProblem(error);
    if (host.getType() !== "http") {
      this.#logger.error(error);
      return;
    }
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (isFault)
      this.#logger.error(
        { err: error, status: problem.status },
        `${request.method} ${request.path}`,
      );
    if (response.headersSent) {
      // Half an answer cannot become an error: breaking it off is how the other side learns.
      response.destroy();
      return;
    }
    sendProblem(
      response,
      problem.status === 404 && problem.code === "http-404"
        ? newProblem(
            404,
            "not-found",
            `There is nothing at ${request.method} ${request.path}. /api/docs shows what there is.`,
          )
        : problem,
    );
  }
}

export function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .set("Cache-Control", "no-store")
    .type("application/problem+json")
    .send(JSON.stringify(problem));
}
