import { Module } from "@nestjs/common";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { NodeRegistry } from "./node-registry.ts";
import { NodeSweep } from "./node-sweep.ts";

@Module({
  providers: [
    {
      provide: NodeRegistry,
      inject: [DATABASE, CONFIGURATION],
      useFactory: (database: Database, { replicaId }: Configuration) =>
        new NodeRegistry(database, replicaId),
    },
    NodeSweep,
  ],
  exports: [NodeRegistry],
})
export class NodesModule {}
