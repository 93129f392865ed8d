/** GET /metrics: outside of /api, where Prometheus looks. */
import { Controller, Get, Header, Inject, Res } from "@nestjs/common";
import type { Response } from "express";
import { Metrics } from "./metrics.ts";

@Controller("metrics")
export class MetricsController {
  readonly #metrics: Metrics;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.#metrics = metrics;
  }

  @Get()
  @Header("Cache-Control", "no-store")
  async scrape(
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const text = await this.#metrics.scrape();
    response.type(this.#metrics.contentType);
    return text;
  }
}
