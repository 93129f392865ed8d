/** What Prometheus scrapes: this process, its requests and pool, and the state of the cluster as the database has it. */
import { Inject, Injectable } from "@nestjs/common";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DATABASE, type Database } from "../database/database.ts";
import { readClusterState } from "./cluster-state.ts";

@Injectable()
export class Metrics {
  readonly #registry = new Registry();
  readonly #database: Database;
  readonly #requests: Histogram;
  readonly #shards = this.#gauge("motif_shards", "Shards of all jobs", [
    "status",
  ]);
  readonly #nodes = this.#gauge("motif_nodes", "Compute nodes", ["status"]);
  readonly #slots = this.#gauge("motif_slots", "Slots of online nodes");
  readonly #leases = this.#gauge("motif_open_leases", "Leases that are open");
  readonly #databaseUp = this.#gauge(
    "motif_database_up",
    "Whether the database answered this scrape",
  );
  readonly #connections = this.#gauge(
    "motif_database_connections",
    "Connections of this replica's pool",
    ["state"],
  );

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: "motif_http_request_seconds",
      help: "Time to answer requests",
      labelNames: ["method", "status"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [this.#registry],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  countRequest(method: string, status: number, seconds: number): void {
    this.#requests.observe({ method, status }, seconds);
  }

  /** @returns Prometheus' text format; without the cluster's state while the database is away */
  async scrape(): Promise<string> {
    const { pool } = this.#database;
    this.#connections.set({ state: "idle" }, pool.idleCount);
    this.#connections.set({ state: "used" }, pool.totalCount - pool.idleCount);
    this.#connections.set({ state: "wanted" }, pool.waitingCount);
    for (const gauge of [this.#shards, this.#nodes, this.#slots, this.#leases])
      gauge.reset();
    try {
      const state = await readClusterState(pool);
      for (const [status, count] of Object.entries(state.shards))
        this.#shards.set({ status }, count);
      for (const [status, count] of Object.entries(state.nodes))
        this.#nodes.set({ status }, count);
      this.#slots.set(state.slots);
      this.#leases.set(state.openLeases);
      this.#databaseUp.set(1);
    } catch {
      this.#databaseUp.set(0);
    }
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
