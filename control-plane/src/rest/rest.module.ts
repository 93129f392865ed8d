/** REST: the edge where requests become calls of the domain folders, and what they throw becomes problem documents. */
import { Module } from "@nestjs/common";
import { APP_FILTER, APP_GUARD, APP_PIPE } from "@nestjs/core";
import { AuthModule } from "../auth/auth.module.ts";
import { CollectionsModule } from "../collections/collections.module.ts";
import { ReportsModule } from "../reports/reports.module.ts";
import { StorageModule } from "../storage/storage.module.ts";
import { ThumbnailsModule } from "../thumbnails/thumbnails.module.ts";
import { AdministrationController } from "./administration.controller.ts";
import { ArtifactsController } from "./artifacts.controller.ts";
import { CollectionController } from "./collection.controller.ts";
import { DatasetsController } from "./datasets.controller.ts";
import { EventsController } from "./events.controller.ts";
import { ExportsController } from "./exports.controller.ts";
import { JobsController } from "./jobs.controller.ts";
import { ModelsController } from "./models.controller.ts";
import { NodesController } from "./nodes.controller.ts";
import { PatternsController } from "./patterns.controller.ts";
import { ProblemFilter } from "./problem-filter.ts";
import { newSchemaPipe } from "./schema-pipe.ts";
import { ReviewsController } from "./reviews.controller.ts";
import { ScopeGuard } from "./scope-guard.ts";
import { SessionController } from "./session.controller.ts";
import { TagsController } from "./tags.controller.ts";

@Module({
  imports: [
    AuthModule,
    CollectionsModule,
    ReportsModule,
    StorageModule,
    ThumbnailsModule,
  ],
  controllers: [
    ArtifactsController,
    DatasetsController,
    // Before the models: what it serves is no model's name.
    CollectionController,
    ModelsController,
    TagsController,
    ReviewsController,
    JobsController,
    PatternsController,
    EventsController,
    ExportsController,
    NodesController,
    AdministrationController,
    SessionController,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: ScopeGuard },
    { provide: APP_PIPE, useFactory: newSchemaPipe },
  ],
})
export class RestModule {}
