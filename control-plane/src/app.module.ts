/** The control plane's parts, put together. */
import { type DynamicModule, Module } from "@nestjs/common";
import { ConfigurationModule } from "./configuration/configuration.module.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { DatabaseModule } from "./database/database.module.ts";
import { HealthModule } from "./health/health.module.ts";
import { LeasesModule } from "./leases/leases.module.ts";
import { newLoggingModule } from "./logging/logging.module.ts";
import { ModelsModule } from "./models/models.module.ts";
import { MetricsModule } from "./metrics/metrics.module.ts";
import { ProgressModule } from "./progress/progress.module.ts";
import { RestModule } from "./rest/rest.module.ts";
import { RpcModule } from "./rpc/rpc.module.ts";

/** Stopped in the opposite order: the edges first, the database last. */
const parts = [
  DatabaseModule,
  HealthModule,
  MetricsModule,
  LeasesModule,
  ProgressModule,
  ModelsModule,
  RestModule,
  RpcModule,
];

@Module({})
export class AppModule {
  static with(configuration: Configuration): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule.with(configuration),
        newLoggingModule(configuration),
        ...parts,
      ],
    };
  }
}
