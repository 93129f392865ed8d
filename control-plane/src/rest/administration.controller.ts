import { join } from "node:path";
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { validate } from "uuid";
import { z } from "zod";
import { listChanges, type RecordedChange } from "../audit-log/list-changes.ts";
import {
  createToken,
  listTokens,
  revokeToken,
  type TokenFacts,
} from "../auth/api-tokens.ts";
import type { Caller } from "../auth/caller.ts";
import { openCertificateAuthority } from "../auth/certificates.ts";
import { createJoinToken, type JoinToken } from "../auth/join-tokens.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import { DATABASE, type Database } from "../database/database.ts";
import {
  auditEntry,
  auditPage,
  createdToken,
  joinToken,
  joinTokenRequest,
  token,
  tokenRequest,
} from "./administration-schemas.ts";
import { Answers } from "./answers.ts";
import { FromCaller } from "./callers.ts";

@ApiTags("administration")
@Controller()
@NeedsScope("admin")
export class AdministrationController {
  readonly #database: Database;
  readonly #configuration: Configuration;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(CONFIGURATION) configuration: Configuration,
  ) {
    this.#database = database;
    this.#configuration = configuration;
  }

  @Post("tokens")
  @Answers(201, createdToken)
  async createToken(
    @Body({ schema: tokenRequest }) request: z.infer<typeof tokenRequest>,
    @FromCaller() caller: Caller,
  ): Promise<TokenFacts & { readonly token: string }> {
    const { secret, token } = await createToken(
      this.#database,
      request,
      caller,
    );
    return { ...token, token: secret };
  }

  @Get("tokens")
  @Answers(200, z.array(token), "Newest first.")
  listTokens(): Promise<readonly TokenFacts[]> {
    return listTokens(this.#database.pool);
  }

  @Delete("tokens/:id")
  @HttpCode(204)
  async revokeToken(
    @Param("id") id: string,
    @FromCaller() caller: Caller,
  ): Promise<void> {
    if (!validate(id))
      throw new ControlPlaneError(
        "not-found",
        `There is no token ${id}. GET /api/tokens shows what there is.`,
      );
    await revokeToken(this.#database, id, caller);
  }

  /** For a compute node on another machine; it also tells the node whom to trust. */
  @Post("join-tokens")
  @Answers(201, joinToken)
  async createJoinToken(
    @Body({ schema: joinTokenRequest })
    { hours }: z.infer<typeof joinTokenRequest>,
    @FromCaller() caller: Caller,
  ): Promise<JoinToken> {
    const { fingerprint } = await openCertificateAuthority(
      join(this.#configuration.dataDirectory, "tls"),
      new Date(),
    );
    return createJoinToken(this.#database, hours, fingerprint, caller);
  }

  @Get("audit")
  @Answers(200, z.array(auditEntry), "Newest first.")
  listChanges(
    @Query({ schema: auditPage }) page: z.infer<typeof auditPage>,
  ): Promise<readonly RecordedChange[]> {
    return listChanges(this.#database.pool, page);
  }
}
