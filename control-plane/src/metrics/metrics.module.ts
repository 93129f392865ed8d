import {
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
} from "@nestjs/common";
import type { NextFunction, Request, Response } from "express";
import { MetricsController } from "./metrics.controller.ts";
import { Metrics } from "./metrics.ts";

@Module({ providers: [Metrics], controllers: [MetricsController] })
export class MetricsModule implements NestModule {
  readonly #metrics: Metrics;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.#metrics = metrics;
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((request: Request, response: Response, next: NextFunction) => {
        const began = performance.now();
        response.once("finish", () =>
          this.#metrics.countRequest(
            request.method,
            response.statusCode,
            (performance.now() - began) / 1000,
          ),
        );
        next();
      })
      .forRoutes("{*all}");
  }
}
