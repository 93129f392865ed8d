import {
  Body,
  Controller,
  Delete,
  HttpCode,
  Inject,
  Param,
  Post,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { changeTags } from "../models/change-tags.ts";
import { readModel, type ModelView } from "../models/read-models.ts";
import { Answers } from "./answers.ts";
import { FromCaller } from "./callers.ts";
import {
  tag,
  tagChange,
  tagOutcome,
  tagsRequest,
} from "./collection-schemas.ts";
import { model } from "./registration-schemas.ts";

@ApiTags("models")
@Controller("models")
@NeedsScope("write")
export class TagsController {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  /** Of many models at once: all of them, or where something does not fit, none. */
  @Post("tags")
  @HttpCode(200)
  @Answers(200, tagOutcome)
  async changeTags(
    @Body({ schema: tagChange }) change: z.infer<typeof tagChange>,
    @FromCaller() caller: Caller,
  ): Promise<z.infer<typeof tagOutcome>> {
    return { changed: await changeTags(this.#database, change, caller) };
  }

  @Post(":idOrName/tags")
  @HttpCode(200)
  @Answers(200, model)
  async addTags(
    @Param("idOrName") idOrName: string,
    @Body({ schema: tagsRequest }) { tags }: z.infer<typeof tagsRequest>,
    @FromCaller() caller: Caller,
  ): Promise<ModelView> {
    const change = { models: [idOrName], add: tags, remove: [] };
    await changeTags(this.#database, change, caller);
    return readModel(this.#database.pool, idOrName);
  }

  @Delete(":idOrName/tags/:tag")
  @Answers(200, model)
  async removeTag(
    @Param("idOrName") idOrName: string,
    @Param("tag", { schema: tag }) given: z.infer<typeof tag>,
    @FromCaller() caller: Caller,
  ): Promise<ModelView> {
    const change = { models: [idOrName], add: [], remove: [given] };
    await changeTags(this.#database, change, caller);
    return readModel(this.#database.pool, idOrName);
  }
}
