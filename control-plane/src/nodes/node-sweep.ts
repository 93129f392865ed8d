/** Marks nodes that nobody hears of any more, such as those of a replica that died. Every replica does it. */
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import { NodeRegistry } from "./node-registry.ts";

const everyMs = 10_000;

@Injectable()
export class NodeSweep
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #registry: NodeRegistry;
  readonly #logger = new Logger(NodeSweep.name);
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();

  constructor(@Inject(NodeRegistry) registry: NodeRegistry) {
    this.#registry = registry;
  }

  onApplicationBootstrap(): void {
    this.#sweepLater();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
  }

  #sweepLater(roundsToSkip = 0): void {
    this.#timer = setTimeout(
      () => {
        this.#running = this.#sweep();
      },
      everyMs * (1 + roundsToSkip),
    );
  }

  async #sweep(): Promise<void> {
    try {
      const swept = await this.#registry.sweep();
      if (swept > 0)
        this.#logger.warn({ nodes: swept }, "nodes are silent: offline now");
      this.#sweepLater();
    } catch (error) {
      this.#logger.warn({ err: error }, "silent nodes could not be marked");
      // A database that was away has heard of nobody: nodes get a round to be heard of first.
      this.#sweepLater(1);
    }
  }
}
