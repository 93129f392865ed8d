/** The artifact store, and the hourly removal of uploads that nobody went on with. */
import {
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { ARTIFACT_STORE, type ArtifactStore } from "./artifact-store.ts";
import { FolderStore } from "./folder-store.ts";

const removePartialsEveryMs = 3_600_000;

@Injectable()
class OldPartials implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: ArtifactStore;
  readonly #logger = new Logger(OldPartials.name);
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(ARTIFACT_STORE) store: ArtifactStore) {
    this.#store = store;
  }

  onApplicationBootstrap(): void {
    this.#remove();
    this.#timer = setInterval(() => this.#remove(), removePartialsEveryMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #remove(): void {
    this.#store.removeOldPartials().catch((error: unknown) => {
      this.#logger.warn({ err: error }, "old partial uploads were not removed");
    });
  }
}

@Module({
  providers: [
    {
      provide: ARTIFACT_STORE,
      inject: [CONFIGURATION, DATABASE],
      useFactory: (
        configuration: Configuration,
        database: Database,
      ): ArtifactStore =>
        new FolderStore({
          dataDirectory: configuration.dataDirectory,
          database,
          largestArtifactBytes: configuration.largestArtifactBytes,
          now: Date.now,
        }),
    },
    OldPartials,
  ],
  exports: [ARTIFACT_STORE],
})
export class StorageModule {}
