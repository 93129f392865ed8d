import { pipeline } from "node:stream/promises";
import { Controller, Get, Inject, Query, Res } from "@nestjs/common";
import { ApiOkResponse, ApiProduces, ApiTags } from "@nestjs/swagger";
import type { Response } from "express";
import { z } from "zod";
import { CollectionExports } from "../collections/export-collection.ts";
import { AnswersProblems } from "./answers.ts";
import { exportRequest } from "./collection-schemas.ts";

const types = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  html: "text/html; charset=utf-8",
} as const;

@ApiTags("models")
@Controller("models")
export class CollectionController {
  readonly #exports: CollectionExports;

  constructor(@Inject(CollectionExports) exports: CollectionExports) {
    this.#exports = exports;
  }

  /** Those that the list has for the same filter, as a file to keep. */
  @Get("export")
  @ApiProduces("text/csv", "application/json", "text/html")
  @ApiOkResponse({
    description:
      "A table, a document or a page. Content-Digest has the SHA-256 of all of it; the last line of a document or page has that of the lines before it.",
  })
  @AnswersProblems()
  async exportModels(
    @Query({ schema: exportRequest })
    { format, ...filter }: z.infer<typeof exportRequest>,
    @Res() response: Response,
  ): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    await this.#exports.export(
      filter,
      format,
      gone.signal,
      async ({ bytes, sha256, open }) => {
        response.set({
          "Content-Type": types[format],
          "Content-Length": `${bytes}`,
          "Content-Digest": `sha-256=:${sha256}:`,
          "Content-Disposition": `attachment; filename="motif-models.${format}"`,
          "Content-Security-Policy": "default-src 'none'; sandbox",
          // The digest is of the bytes as they are: nobody on the way compresses them.
          "Cache-Control": "no-store, no-transform",
        });
        await pipeline(open(), response);
      },
    );
  }
}
