/** Puts the parts of the nodes' edge together, starts them with the application and lets go of the nodes before it ends. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { DATABASE, type Database } from "../database/database.ts";
import { LISTENER, type Listener } from "../database/listener.ts";
import {
  LEASE_OPERATIONS,
  type LeaseOperations,
} from "../leases/lease-operations.ts";
import { NodeRegistry } from "../nodes/node-registry.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { Acceptances } from "./acceptances.ts";
import { newArtifactService } from "./artifact-service.ts";
import { Connections } from "./connections.ts";
import { newCrashPoint } from "./crash-point.ts";
import { Drains } from "./drains.ts";
import { Endings } from "./endings.ts";
import { newEnrollmentService } from "./enrollment-service.ts";
import { Granter } from "./granter.ts";
import { startGrpcServer, type GrpcServer } from "./grpc-server.ts";
import { Health } from "./health.ts";
import { Heartbeats } from "./heartbeats.ts";
import { NodeService } from "./node-service.ts";
import { Results } from "./results.ts";
import { passOnRevocations } from "./revocations.ts";

/** What nodes have sent is written within this when the replica stops; the rest they send to another. */
const settleWithinMs = 1_000;
const closeWithinMs = 1_000;

@Injectable()
export class RpcEdge
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #configuration: Configuration;
  readonly #database: Database;
  readonly #listener: Listener;
  readonly #log = new Logger("Rpc");
  readonly #stopping = new AbortController();
  readonly #connections = new Connections();
  readonly #granter: Granter;
  readonly #drains: Drains;
  readonly #heartbeats: Heartbeats;
  readonly #results: Results;
  readonly #endings: Endings;
  readonly #nodeService: NodeService;
  readonly #store: ArtifactStore;
  readonly #health: Health;
  #server: GrpcServer | undefined;
  #stopListening: (() => void)[] = [];

  constructor(
    @Inject(CONFIGURATION) configuration: Configuration,
    @Inject(DATABASE) database: Database,
    @Inject(LISTENER) listener: Listener,
    @Inject(LEASE_OPERATIONS) leases: LeaseOperations,
    @Inject(NodeRegistry) registry: NodeRegistry,
    @Inject(ARTIFACT_STORE) store: ArtifactStore,
  ) {
    this.#configuration = configuration;
    this.#database = database;
    this.#listener = listener;
    this.#store = store;
    this.#health = new Health(database);
    const { replicaId, crashAfterCommit } = configuration;
    const connections = this.#connections;
    const log = this.#log;
    const { signal } = this.#stopping;
    this.#granter = new Granter({ replicaId, leases, connections, log });
    this.#drains = new Drains(connections, this.#granter, log);
    this.#heartbeats = new Heartbeats(
      leases,
      registry,
      connections,
      this.#drains,
      log,
    );
    this.#results = new Results({
      leases,
      connections,
      log,
      signal,
      afterCommit: newCrashPoint(crashAfterCommit),
    });
    this.#endings = new Endings(leases, connections, log, signal);
    this.#nodeService = new NodeService({
      replicaId,
      database,
      leases,
      registry,
      connections,
      acceptances: new Acceptances(leases, log),
      granter: this.#granter,
      heartbeats: this.#heartbeats,
      results: this.#results,
      endings: this.#endings,
      log,
    });
  }

  /** Where compute nodes connect. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const wake = (): void => this.#granter.wake();
    this.#stopListening = [
      await this.#listener.listen("motif_shards_ready", wake, wake),
      await passOnRevocations(this.#listener, this.#connections, this.#log),
      await this.#drains.listen(this.#listener),
    ];
    this.#server = await startGrpcServer(this.#configuration, this.#database, {
      node: { connect: this.#nodeService.connect },
      artifact: newArtifactService(this.#store, this.#log),
      enrollment: newEnrollmentService(this.#database, this.#log),
      health: this.#health,
    });
    void this.#health.watch();
    this.#log.log(
      { host: this.#configuration.grpcHost, port: this.#server.port },
      "listening for compute nodes",
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#health.close();
    for (const stop of this.#stopListening) stop();
    await inTime(this.#granter.close());
    await inTime(this.#settle());
    this.#nodeService.close();
    await this.#server?.close(closeWithinMs);
    this.#stopping.abort();
    await inTime(this.#settle());
  }

  async #settle(): Promise<void> {
    await Promise.all([
      this.#results.settle(),
      this.#endings.settle(),
      this.#heartbeats.settle(),
    ]);
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  await Promise.race([work, sleep(settleWithinMs, undefined, { ref: false })]);
}
