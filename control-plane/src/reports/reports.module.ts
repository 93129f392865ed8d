import { Module } from "@nestjs/common";
import { StorageModule } from "../storage/storage.module.ts";
import { Reports } from "./draw-report.ts";

@Module({
  imports: [StorageModule],
  providers: [Reports],
  exports: [Reports],
})
export class ReportsModule {}
