import { Controller, Get, Inject, Param, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import type { z } from "zod";
import { DATABASE, type Database } from "../database/database.ts";
import { requireJob } from "../jobs/read-jobs.ts";
import {
  clusterStream,
  readEvents,
  type ProgressEvent,
} from "../progress/read-events.ts";
import { events } from "./administration-schemas.ts";
import { Answers } from "./answers.ts";
import { JobIdPipe } from "./job-id.ts";
import { eventPage } from "./pages.ts";

type Page = z.infer<typeof eventPage>;
interface Events {
  readonly events: readonly ProgressEvent[];
}

@ApiTags("events")
@Controller()
export class EventsController {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Get("jobs/:id/events")
  @Answers(200, events, "In order.")
  async listJobEvents(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: eventPage }) { after, limit }: Page,
  ): Promise<Events> {
    const { pool } = this.#database;
    await requireJob(pool, id);
    return { events: await readEvents(pool, id, after, limit) };
  }

  @Get("events")
  @Answers(200, events, "Of what belongs to no job, in order.")
  async listClusterEvents(
    @Query({ schema: eventPage }) { after, limit }: Page,
  ): Promise<Events> {
    const { pool } = this.#database;
    return { events: await readEvents(pool, clusterStream, after, limit) };
  }
}
