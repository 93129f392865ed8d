/** Who is asking, and the session of browsers: they log in with a token once, and send it as a cookie from then on. */
import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import type { Request, Response } from "express";
import { z } from "zod";
import { Authenticator } from "../auth/authenticate.ts";
import { scopes, type Caller } from "../auth/caller.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import { Answers, AnswersProblems } from "./answers.ts";
import { FromCaller } from "./callers.ts";
import { setSession } from "./session-cookie.ts";

const session = z.object({
  isLoginFree: z
    .boolean()
    .describe("On a loopback bind nobody is asked who they are."),
  actor: z.string().describe("The token's name, or `local`."),
  scope: z.enum(scopes),
});

@ApiTags("administration")
@Controller("session")
@NeedsScope("read")
export class SessionController {
  readonly #authenticator: Authenticator;

  constructor(@Inject(Authenticator) authenticator: Authenticator) {
    this.#authenticator = authenticator;
  }

  @Get()
  @Answers(200, session)
  describe(@FromCaller() { actor, scope }: Caller): z.infer<typeof session> {
    return { isLoginFree: this.#authenticator.isLoginFree, actor, scope };
  }

  /** Keeps the token of the request's Authorization header in a cookie; it is checked like on any other route. */
  @Post()
  @HttpCode(204)
  @AnswersProblems()
  begin(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): void {
    const token = /^Bearer +(\S+)$/i.exec(
      request.headers.authorization ?? "",
    )?.[1];
    if (token !== undefined && !this.#authenticator.isLoginFree)
      response.append("Set-Cookie", setSession(token, request));
  }

  @Delete()
  @HttpCode(204)
  @AnswersProblems()
  end(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): void {
    response.append("Set-Cookie", setSession(undefined, request));
  }
}
