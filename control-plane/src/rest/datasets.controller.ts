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
import {
  listDatasets,
  readDataset,
  type DatasetDetail,
  type DatasetView,
} from "../datasets/read-datasets.ts";
import { listComparableAudits, type AuditView } from "../jobs/list-audits.ts";
import { readNamedModels } from "../jobs/read-named-models.ts";
import { listModelsOfDataset } from "../models/list-models.ts";
import type { ModelView } from "../models/read-models.ts";
import { registerDataset } from "../datasets/register-dataset.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { Answers } from "./answers.ts";
import { audit, comparableAuditsPage } from "./audit-schemas.ts";
import { FromCaller } from "./callers.ts";
import {
  dataset,
  datasetDetail,
  datasetRequest,
  model,
} from "./registration-schemas.ts";

@ApiTags("data sets")
@Controller("datasets")
export class DatasetsController {
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
  @Answers(201, datasetDetail, "200 where it was there already, just so.")
  async registerDataset(
    @Body({ schema: datasetRequest }) request: z.infer<typeof datasetRequest>,
    @FromCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DatasetDetail> {
    if (request.path !== undefined)
      requireScope(caller, "admin", "A path on the control plane's machine");
    const { id, isKnown } = await registerDataset(
      this.#database,
      this.#store,
      request,
      caller,
    );
    response.status(isKnown ? 200 : 201);
    return readDataset(this.#database.pool, id);
  }

  @Get()
  @Answers(200, z.array(dataset), "By name.")
  listDatasets(): Promise<readonly DatasetView[]> {
    return listDatasets(this.#database.pool);
  }

  @Get(":idOrName")
  @Answers(200, datasetDetail)
  readDataset(@Param("idOrName") idOrName: string): Promise<DatasetDetail> {
    return readDataset(this.#database.pool, idOrName);
  }

  @Get(":idOrName/models")
  @Answers(200, z.array(model), "Those that were held against it, by name.")
  listModelsOfDataset(
    @Param("idOrName") idOrName: string,
  ): Promise<readonly ModelView[]> {
    return listModelsOfDataset(this.#database.pool, idOrName);
  }

  /** What models can be compared with: of each the newest by Motif's own method, where its numbers were finite. */
  @Get(":idOrName/audits")
  @Answers(200, z.array(audit), "By the models' names.")
  async listComparableAudits(
    @Param("idOrName") idOrName: string,
    @Query({ schema: comparableAuditsPage })
    { split, model, q = "", limit }: z.infer<typeof comparableAuditsPage>,
  ): Promise<readonly AuditView[]> {
    const { pool } = this.#database;
    const dataset = await readDataset(pool, idOrName);
    const only =
      model === undefined ? [] : await readNamedModels(pool, [model]);
    return listComparableAudits(
      pool,
      { datasetId: dataset.id, split: split ?? dataset.split },
      {
        ...(model !== undefined && { modelIds: only.map(({ id }) => id) }),
        words: q.split(/\s+/).filter((word) => word !== ""),
        limit,
      },
    );
  }
}
