/** What an orchestrator asks: does the process run, and should it be sent requests? */
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Inject,
  ServiceUnavailableException,
} from "@nestjs/common";
import { DATABASE, type Database } from "../database/database.ts";

/** A probe's own patience is often a second; milliseconds. */
const answerWithinMs = 900;

@Controller("health")
export class HealthController implements BeforeApplicationShutdown {
  readonly #database: Database;
  #isStopping = false;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
  }

  /** 200 as long as the process answers at all: a lost database is no reason to restart it. */
  @Get("live")
  live(): { status: "live" } {
    return { status: "live" };
  }

  /** 200 when requests can be served, 503 while the database is away and once it is stopping. */
  @Get("ready")
  async ready(): Promise<{ status: "ready" }> {
    if (this.#isStopping)
      throw new ServiceUnavailableException(
        "This control plane is stopping. Ask another replica.",
      );
    await this.#askDatabase();
    return { status: "ready" };
  }

  async #askDatabase(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${answerWithinMs} ms`)),
      answerWithinMs,
    );
    const asked = this.#database.pool.query("SELECT 1");
    // An answer after the time is up is nobody's.
    asked.catch(() => {});
    try {
      await Promise.race([asked, late]);
    } catch (error) {
      throw new ServiceUnavailableException(
        `The database does not answer: ${(error as Error).message}`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }
}
