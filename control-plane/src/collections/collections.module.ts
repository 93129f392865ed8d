import { Module } from "@nestjs/common";
import { CollectionExports } from "./export-collection.ts";

@Module({ providers: [CollectionExports], exports: [CollectionExports] })
export class CollectionsModule {}
