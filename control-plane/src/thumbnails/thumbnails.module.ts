/** Small pictures of patterns for galleries. */
import { Module } from "@nestjs/common";
import { StorageModule } from "../storage/storage.module.ts";
import { PatternSheets } from "./pattern-sheets.ts";

@Module({
  imports: [StorageModule],
  providers: [PatternSheets],
  exports: [PatternSheets],
})
export class ThumbnailsModule {}
