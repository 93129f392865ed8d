/** What has to happen to models without anybody asking: those that were trained are registered. */
import {
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import { DATABASE, type Database } from "../database/database.ts";
import { LISTENER, type Listener } from "../database/listener.ts";
import { Repeating } from "../background/repeating.ts";
import { registerTrained } from "./register-trained.ts";

/** Should a notice be missed. */
const everyMs = 5_000;

@Module({})
export class ModelsModule
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #log = new Logger("Models");
  readonly #registering: Repeating;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(LISTENER) private readonly listener: Listener,
  ) {
    this.#registering = new Repeating(
      async () => {
        while ((await registerTrained(database)) > 0);
      },
      {
        everyMs,
        rest: 2,
        onTrouble: (error) =>
          this.#log.error(
            `Registering trained models failed: ${error instanceof Error ? error.message : String(error)}`,
          ),
      },
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.listener.listen("motif_trained", () => this.#registering.wake());
    this.#registering.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#registering.stop();
  }
}
