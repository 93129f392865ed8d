import {
  Controller,
  Get,
  Inject,
  Param,
  Query,
  Req,
  Res,
} from "@nestjs/common";
import { ApiOkResponse, ApiTags } from "@nestjs/swagger";
import type { Request, Response } from "express";
import { z } from "zod";
import { DATABASE, type Database } from "../database/database.ts";
import { listPatterns, type PatternPageView } from "../jobs/list-patterns.ts";
import { readPattern, type PatternDetail } from "../jobs/read-pattern.ts";
import { PatternSheets } from "../thumbnails/pattern-sheets.ts";
import { Answers, AnswersProblems } from "./answers.ts";
import { JobIdPipe } from "./job-id.ts";
import { PatternIdPipe } from "./pattern-id.ts";
import {
  patternDetail,
  patternPage,
  patternPageView,
} from "./pattern-schemas.ts";

@ApiTags("patterns")
@Controller()
export class PatternsController {
  readonly #database: Database;
  readonly #sheets: PatternSheets;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(PatternSheets) sheets: PatternSheets,
  ) {
    this.#database = database;
    this.#sheets = sheets;
  }

  @Get("jobs/:id/patterns")
  @Answers(200, patternPageView, "By class, canvas and seed.")
  listPatterns(
    @Param("id", JobIdPipe) id: string,
    @Query({ schema: patternPage }) page: z.infer<typeof patternPage>,
  ): Promise<PatternPageView> {
    return listPatterns(this.#database.pool, id, page);
  }

  @Get("patterns/:id")
  @Answers(200, patternDetail)
  readPattern(@Param("id", PatternIdPipe) id: string): Promise<PatternDetail> {
    return readPattern(this.#database.pool, id);
  }

  /** It never changes: what it is made of is named by digests. */
  @Get("patterns/:id/sheet.png")
  @ApiOkResponse({
    description:
      "Three panels side by side: canvas, rank (24 bits, 0 = strongest, 0xFFFFFF = none), mask.",
    content: { "image/png": { schema: { type: "string", format: "binary" } } },
  })
  @AnswersProblems()
  async readPatternSheet(
    @Param("id", PatternIdPipe) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const sheet = await this.#sheets.find(id);
    const etag = `"${sheet.digest}"`;
    const isKnown = request.headers["if-none-match"] === etag;
    const png = isKnown ? undefined : await sheet.read();
    response.set({
      ETag: etag,
      "Cache-Control": "private, max-age=31536000, immutable",
    });
    if (png === undefined) response.status(304).end();
    else response.type("image/png").send(png);
  }
}
