import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Query,
} from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { NeedsScope } from "../auth/needs-scope.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { addReview } from "../models/add-review.ts";
import { listReviews, type ReviewPage } from "../models/list-reviews.ts";
import type { ReviewEntry } from "../models/review.ts";
import { Answers } from "./answers.ts";
import { FromCaller } from "./callers.ts";
import {
  reviewEntry,
  reviewPage,
  reviewRequest,
  reviewsPage,
} from "./collection-schemas.ts";

@ApiTags("models")
@Controller("models/:idOrName/reviews")
export class ReviewsController {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Get()
  @Answers(200, reviewPage, "Newest first.")
  listReviews(
    @Param("idOrName") idOrName: string,
    @Query({ schema: reviewsPage }) page: z.infer<typeof reviewsPage>,
  ): Promise<ReviewPage> {
    return listReviews(this.#database.pool, idOrName, page);
  }

  @Post()
  @NeedsScope("write")
  @Answers(201, reviewEntry)
  addReview(
    @Param("idOrName") idOrName: string,
    @Body({ schema: reviewRequest }) review: z.infer<typeof reviewRequest>,
    @FromCaller() caller: Caller,
  ): Promise<ReviewEntry> {
    return addReview(this.#database, idOrName, review, caller);
  }
}
