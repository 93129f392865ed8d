import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import type { Response } from "express";
import type { PgBoss } from "pg-boss";
import { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { QUEUE } from "../database/queue.ts";
import { changeJob } from "../jobs/change-job.ts";
import { editJob } from "../jobs/edit-job.ts";
import {
  estimateSearch,
  type SearchEstimate,
} from "../jobs/estimate-search.ts";
import type { JobView } from "../jobs/job.ts";
import { listAttempts, type AttemptView } from "../jobs/list-attempts.ts";
import { listAudits, type AuditView } from "../jobs/list-audits.ts";
import {
  listEvaluations,
  readEvaluation,
  type EvaluationView,
} from "../jobs/list-evaluations.ts";
import { listShards, type ShardView } from "../jobs/list-shards.ts";
import {
  listTrainedModels,
  type TrainedModelView,
} from "../jobs/list-trained-models.ts";
import { listJobs, readJob } from "../jobs/read-jobs.ts";
import { readResult, type JobResult } from "../jobs/result.ts";
import { presets, settingBounds } from "../jobs/search-settings.ts";
import { submitAudit } from "../jobs/submit-audit.ts";
import { submitEvaluate } from "../jobs/submit-evaluate.ts";
import { submitNoop } from "../jobs/submit-noop.ts";
import { submitTrain } from "../jobs/submit-train.ts";
import { submitSearch } from "../jobs/submit-search.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { Answers } from "./answers.ts";
import { audit } from "./audit-schemas.ts";
import { FromCaller } from "./callers.ts";
import { evaluation } from "./evaluation-schemas.ts";
import { JobIdPipe } from "./job-id.ts";
import {
  defaultEvaluateImages,
  defaultThreshold,
  jobEdit,
  jobPage,
  jobRequest,
  perModelPage,
  searchRequest,
  shardPage,
  type JobRequest,
} from "./job-requests.ts";
import {
  attempt,
  job,
  jobResult,
  searchDefaults,
  searchEstimate,
  shard,
  trainedModel,
} from "./job-schemas.ts";

@ApiTags("jobs")
@Controller("jobs")
export class JobsController {
  readonly #database: Database;
  readonly #store: ArtifactStore;
  readonly #queue: PgBoss;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(ARTIFACT_STORE) store: ArtifactStore,
    @Inject(QUEUE) queue: PgBoss,
  ) {
    this.#queue = queue;
    this.#database = database;
    this.#store = store;
  }

  @Post()
  @NeedsScope("write")
  @Answers(201, job)
  async submitJob(
    @Body({ schema: jobRequest }) request: JobRequest,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return readJob(this.#database.pool, await this.#submit(request, caller));
  }

  #submit(request: JobRequest, caller: Caller): Promise<string> {
    switch (request.kind) {
      case "search":
        return submitSearch(this.#database, this.#store, request, caller);
      case "train":
        return submitTrain(this.#database, request, caller);
      case "audit":
        return submitAudit(this.#database, request, caller);
      case "evaluate":
        return submitEvaluate(this.#database, request, caller);
      case "noop":
        return submitNoop(this.#database, request, caller);
    }
  }

  @Get()
  @Answers(200, z.array(job), "Newest first.")
  listJobs(
    @Query({ schema: jobPage }) page: z.infer<typeof jobPage>,
  ): Promise<readonly JobView[]> {
    return listJobs(this.#database.pool, page);
  }

  /** Planned as it would be, and not written. */
  @Post("estimate")
  @NeedsScope("read")
  @HttpCode(200)
  @Answers(200, searchEstimate)
  estimateSearch(
    @Body({ schema: searchRequest }) request: z.infer<typeof searchRequest>,
  ): Promise<SearchEstimate> {
    return estimateSearch(this.#database, this.#store, request);
  }

  @Get("defaults")
  @Answers(200, searchDefaults)
  readDefaults(): z.infer<typeof searchDefaults> {
    return {
      presets,
      bounds: Object.fromEntries(
        Object.entries(settingBounds).map(([name, [smallest, largest]]) => [
          name,
          { smallest, largest },
        ]),
      ) as z.infer<typeof searchDefaults>["bounds"],
      evaluateImages: defaultEvaluateImages,
      threshold: defaultThreshold,
    };
  }

  @Get(":id")
  @Answers(200, job)
  readJob(@Param("id", JobIdPipe) id: string): Promise<JobView> {
    return readJob(this.#database.pool, id);
  }

  /** A new weight counts from the next shard that a node gets. */
  @Patch(":id")
  @NeedsScope("write")
  @Answers(200, job)
  editJob(
    @Param("id", JobIdPipe) id: string,
    @Body({ schema: jobEdit }) edit: z.infer<typeof jobEdit>,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return editJob(this.#database, id, edit, caller);
  }

  @Get(":id/shards")
  @Answers(200, z.array(shard), "In order.")
  listShards(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: shardPage }) page: z.infer<typeof shardPage>,
  ): Promise<readonly ShardView[]> {
    return listShards(this.#database.pool, id, page);
  }

  @Get(":id/shards/:index/attempts")
  @Answers(
    200,
    z.array(attempt),
    "Oldest first; of a shard with more than 1,000, the newest.",
  )
  listAttempts(
    @Param("id", JobIdPipe) id: string,
    @Param("index") index: string,
  ): Promise<readonly AttemptView[]> {
    return listAttempts(this.#database.pool, id, index);
  }

  /** Of a training; other jobs have none. */
  @Get(":id/models")
  @Answers(200, z.array(trainedModel), "One a shard, in order.")
  listTrainedModels(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: shardPage }) page: z.infer<typeof shardPage>,
  ): Promise<readonly TrainedModelView[]> {
    return listTrainedModels(this.#database.pool, id, page);
  }

  /** Of an evaluation; other jobs have none. */
  @Get(":id/evaluations")
  @Answers(200, z.array(evaluation), "One a shard, in order.")
  listEvaluations(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: perModelPage }) page: z.infer<typeof perModelPage>,
  ): Promise<readonly EvaluationView[]> {
    return listEvaluations(this.#database.pool, id, page);
  }

  /** With what there is of each class. */
  @Get(":id/evaluations/:index")
  @Answers(200, evaluation)
  readEvaluation(
    @Param("id", JobIdPipe) id: string,
    @Param("index") index: string,
  ): Promise<EvaluationView> {
    return readEvaluation(this.#database.pool, id, index);
  }

  /** Of an audit; other jobs have none. */
  @Get(":id/audits")
  @Answers(200, z.array(audit), "One a shard, in order.")
  listAudits(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: perModelPage }) page: z.infer<typeof perModelPage>,
  ): Promise<readonly AuditView[]> {
    return listAudits(this.#database.pool, id, page);
  }

  @Post(":id/cancel")
  @HttpCode(200)
  @NeedsScope("write")
  @Answers(200, job)
  cancelJob(
    @Param("id", JobIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return changeJob(this.#database, this.#queue, id, "cancel", caller);
  }

  @Post(":id/pause")
  @HttpCode(200)
  @NeedsScope("write")
  @Answers(200, job)
  pauseJob(
    @Param("id", JobIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return changeJob(this.#database, this.#queue, id, "pause", caller);
  }

  @Post(":id/resume")
  @HttpCode(200)
  @NeedsScope("write")
  @Answers(200, job)
  resumeJob(
    @Param("id", JobIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return changeJob(this.#database, this.#queue, id, "resume", caller);
  }

  /** Shards that were given up are tried again, once what they failed of is mended. */
  @Post(":id/redrive")
  @HttpCode(200)
  @NeedsScope("write")
  @Answers(200, job)
  redriveJob(
    @Param("id", JobIdPipe) id: string,
    @FromCaller() caller: Caller,
  ): Promise<JobView> {
    return changeJob(this.#database, this.#queue, id, "redrive", caller);
  }

  @Get(":id/result")
  @Answers(200, jobResult)
  async readResult(
    @Param("id", JobIdPipe) id: string,
    @Res() response: Response,
  ): Promise<void> {
    const result = await readResult(this.#database.pool, id);
    response.type("application/json").set("Cache-Control", "no-store");
    await pipeline(Readable.from(writeResult(result)), response);
  }
}

/** The answer's text, a pattern at a time. */
async function* writeResult({
  head,
  tail,
  patterns,
  files,
}: JobResult): AsyncGenerator<string> {
  yield `{"result":${JSON.stringify(head).slice(0, -1)},"patterns":[`;
  yield* separated(patterns());
  yield `],${JSON.stringify(tail).slice(1)},"files":[`;
  yield* separated(files());
  yield "]}";
}

async function* separated(
  values: AsyncIterable<unknown>,
): AsyncGenerator<string> {
  let separator = "";
  for await (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ",";
  }
}
