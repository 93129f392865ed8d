/** A job's results as files to keep: everything, a table, a page. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Controller, Get, Inject, Param, Res } from "@nestjs/common";
import { ApiOkResponse, ApiProduces, ApiTags } from "@nestjs/swagger";
import type { Response } from "express";
import { DATABASE, type Database } from "../database/database.ts";
import { readJob } from "../jobs/read-jobs.ts";
import { readResult, type JobResult } from "../jobs/result.ts";
import { Reports } from "../reports/draw-report.ts";
import { writeResultFile } from "../reports/write-result.ts";
import { writeTable } from "../reports/write-table.ts";
import { JobIdPipe } from "./job-id.ts";

@ApiTags("jobs")
@Controller("jobs/:id")
export class ExportsController {
  readonly #database: Database;
  readonly #reports: Reports;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(Reports) reports: Reports,
  ) {
    this.#database = database;
    this.#reports = reports;
  }

  @Get("result.json")
  @ApiProduces("application/json")
  @ApiOkResponse({ description: "The file that motif export writes." })
  async exportResult(
    @Param("id", JobIdPipe) id: string,
    @Res() response: Response,
  ): Promise<void> {
    await this.#sendText(
      id,
      response,
      "json",
      "application/json",
      writeResultFile,
    );
  }

  @Get("result.csv")
  @ApiProduces("text/csv")
  @ApiOkResponse({ description: "A row a pattern and size." })
  async exportTable(
    @Param("id", JobIdPipe) id: string,
    @Res() response: Response,
  ): Promise<void> {
    await this.#sendText(
      id,
      response,
      "csv",
      "text/csv; charset=utf-8",
      writeTable,
    );
  }

  @Get("report.html")
  @ApiProduces("text/html")
  @ApiOkResponse({ description: "A page with its pictures inside." })
  async exportReport(
    @Param("id", JobIdPipe) id: string,
    @Res() response: Response,
  ): Promise<void> {
    const { name } = await readJob(this.#database.pool, id);
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    await this.#reports.draw(id, gone.signal, async (page) => {
      setAttachment(response, name, "html", "text/html; charset=utf-8");
      await pipeline(page, response);
    });
  }

  async #sendText(
    id: string,
    response: Response,
    extension: string,
    type: string,
    write: (result: JobResult) => AsyncIterable<string>,
  ): Promise<void> {
    const { pool } = this.#database;
    const { name } = await readJob(pool, id);
    const result = await readResult(pool, id);
    setAttachment(response, name, extension, type);
    await pipeline(Readable.from(write(result)), response);
  }
}

/** To be kept, never to be shown on this address: what is in it comes from outside. */
function setAttachment(
  response: Response,
  name: string,
  extension: string,
  type: string,
): void {
  const plain =
    name
      .normalize("NFKD")
      .replace(/[^A-Za-z0-9.-]+/g, "-")
      .replace(/^[-.]+|[-.]+$/g, "")
      .slice(0, 80) || "job";
  response.set({
    "Content-Type": type,
    "Content-Disposition": `attachment; filename="motif-${plain}.${extension}"`,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
  });
}
