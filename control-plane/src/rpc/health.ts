/** The standard health service (grpc.health.v1): serving while the database answers, until the server lets go of its nodes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Database } from "../database/database.ts";

const askEveryMs = 2_000;
const answerWithinMs = 1_500;

/** The empty name stands for the server. */
const names = [
  "",
  "motif.v1.NodeService",
  "motif.v1.ArtifactService",
  "motif.v1.EnrollmentService",
];

export class Health {
  readonly #database: Database;
  readonly #service = new HealthImplementation();
  readonly #closing = new AbortController();

  constructor(database: Database) {
    this.#database = database;
    this.#set(false);
  }

  addTo(server: Server): void {
    this.#service.addToServer(server);
  }

  /** Asks the database now and then, from now on. */
  async watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#set((await this.#isAnswered()) && !signal.aborted);
      await sleep(askEveryMs, undefined, { signal, ref: false }).catch(
        () => {},
      );
    }
  }

  close(): void {
    this.#closing.abort();
    this.#set(false);
  }

  #set(isServing: boolean): void {
    for (const name of names)
      this.#service.setStatus(name, isServing ? "SERVING" : "NOT_SERVING");
  }

  async #isAnswered(): Promise<boolean> {
    const answer = this.#database.pool.query("SELECT 1").then(
      () => true,
      () => false,
    );
    const late = sleep(answerWithinMs, false, { ref: false });
    return Promise.race([answer, late]);
  }
}
