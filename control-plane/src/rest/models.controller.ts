import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Query,
  Res,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import type { Response } from "express";
import { z } from "zod";
import { requireScope, type Caller } from "../auth/caller.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import { DATABASE, type Database } from "../database/database.ts";
import type { JobView } from "../jobs/job.ts";
import { listAuditsOfModel, type AuditView } from "../jobs/list-audits.ts";
import {
  listEvaluationsOfModel,
  type EvaluationView,
} from "../jobs/list-evaluations.ts";
import { listJobs } from "../jobs/read-jobs.ts";
import { listModels } from "../models/list-models.ts";
import {
  readModel,
  requireModel,
  type ModelView,
} from "../models/read-models.ts";
import { checkModel, registerModel } from "../models/register-model.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { Answers } from "./answers.ts";
import { audit } from "./audit-schemas.ts";
import { FromCaller } from "./callers.ts";
import { modelFilter } from "./collection-schemas.ts";
import { evaluation } from "./evaluation-schemas.ts";
import { jobsOfModelPage, ofModelPage } from "./job-requests.ts";
import { job } from "./job-schemas.ts";
import { checkRequest, model, modelRequest } from "./registration-schemas.ts";

@ApiTags("models")
@Controller("models")
export class ModelsController {
  readonly #database: Database;
  readonly #store: ArtifactStore;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(ARTIFACT_STORE) store: ArtifactStore,
  ) {
    this.#database = database;
    this.#store = store;
  }

  @Post()
  @NeedsScope("write")
  @Answers(201, model, "200 where it was there already, just so.")
  async registerModel(
    @Body({ schema: modelRequest }) request: z.infer<typeof modelRequest>,
    @FromCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ModelView> {
    if (request.path !== undefined)
      requireScope(caller, "admin", "A path on the control plane's machine");
    const { id, isKnown } = await registerModel(
      this.#database,
      this.#store,
      request,
      caller,
    );
    response.status(isKnown ? 200 : 201);
    return readModel(this.#database.pool, id);
  }

  @Get()
  @Answers(200, z.array(model), "By name.")
  listModels(
    @Query({ schema: modelFilter }) filter: z.infer<typeof modelFilter>,
  ): Promise<readonly ModelView[]> {
    return listModels(this.#database.pool, filter);
  }

  @Get(":idOrName")
  @Answers(200, model)
  readModel(@Param("idOrName") idOrName: string): Promise<ModelView> {
    return readModel(this.#database.pool, idOrName);
  }

  @Get(":idOrName/jobs")
  @Answers(200, z.array(job), "Its searches, newest first.")
  async listJobsOfModel(
    @Param("idOrName") idOrName: string,
    @Query({ schema: jobsOfModelPage }) page: z.infer<typeof jobsOfModelPage>,
  ): Promise<readonly JobView[]> {
    const { pool } = this.#database;
    const modelId = await requireModel(pool, idOrName);
    return listJobs(pool, { ...page, modelId, kind: "search" });
  }

  @Get(":idOrName/audits")
  @Answers(200, z.array(audit), "Newest first.")
  async listAuditsOfModel(
    @Param("idOrName") idOrName: string,
    @Query({ schema: ofModelPage }) { limit }: z.infer<typeof ofModelPage>,
  ): Promise<readonly AuditView[]> {
    const { pool } = this.#database;
    const modelId = await requireModel(pool, idOrName);
    return listAuditsOfModel(pool, modelId, limit);
  }

  @Get(":idOrName/evaluations")
  @Answers(200, z.array(evaluation), "Newest first.")
  async listEvaluationsOfModel(
    @Param("idOrName") idOrName: string,
    @Query({ schema: ofModelPage }) { limit }: z.infer<typeof ofModelPage>,
  ): Promise<readonly EvaluationView[]> {
    const { pool } = this.#database;
    const modelId = await requireModel(pool, idOrName);
    return listEvaluationsOfModel(pool, modelId, limit);
  }

  @Post(":idOrName/checks")
  @NeedsScope("write")
  @Answers(201, model, "200 where there is such a check already.")
  async checkModel(
    @Param("idOrName") idOrName: string,
    @Body({ schema: checkRequest })
    { dataset }: z.infer<typeof checkRequest>,
    @FromCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ModelView> {
    const { id, isKnown } = await checkModel(
      this.#database,
      idOrName,
      dataset,
      caller,
    );
    response.status(isKnown ? 200 : 201);
    return readModel(this.#database.pool, id);
  }
}
