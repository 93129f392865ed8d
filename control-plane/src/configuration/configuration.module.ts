/** Gives every module the configuration that the process was started with. */
import { Module, type DynamicModule } from "@nestjs/common";
import { CONFIGURATION, type Configuration } from "./configuration.ts";

@Module({})
export class ConfigurationModule {
  static with(configuration: Configuration): DynamicModule {
    return {
      module: ConfigurationModule,
      global: true,
      providers: [{ provide: CONFIGURATION, useValue: configuration }],
      exports: [CONFIGURATION],
    };
  }
}
